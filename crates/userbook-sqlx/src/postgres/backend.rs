//! PostgreSQL as a [`Backend`].

use futures_util::stream::BoxStream;
use sqlx::{
    Arguments, Error, PgConnection, Postgres,
    error::BoxDynError,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
};
use tokio::sync::OwnedMutexGuard;
use userbook::{ChangeSet, CommitOutcome, Event, Group, GroupId, Guards, MemberChange, StoreError};

use super::{error, sql, write};
use crate::{
    backend::{Backend, Bound, execute, fetch_one},
    bulk::RowFormat,
    decode::{RowExt, required},
    encode,
    error::{ErrorClass, SqlError},
    migration::{MigrateError, Migration},
    statement::Placeholders,
    statements::Statements,
    value::Value,
};

impl Backend for Postgres {
    const PLACEHOLDERS: Placeholders = Placeholders::Numbered;
    const ROWS: RowFormat = RowFormat::Columns;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 1,
        name: "baseline",
        sql: include_str!("../../migrations/postgres/0001_baseline.sql"),
    }];
    const BEGIN: &'static str = sql::BEGIN;
    const BEGIN_READ: &'static str = sql::BEGIN_READ;
    const BEGIN_IMPORT: &'static str = sql::BEGIN_IMPORT;
    const BEGIN_MIGRATION: &'static str = sql::BEGIN_MIGRATION;

    fn statements() -> &'static Statements {
        &sql::STATEMENTS
    }

    fn bind(arguments: &mut PgArguments, value: &Value<'_>) -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) | Value::Username(text) => arguments.add(text.as_deref()),
            #[cfg(feature = "mysql")]
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Integer(integer) => arguments.add(*integer),
            Value::Uuid(uuid) => arguments.add(*uuid),
            Value::Time(time) => arguments.add(*time),
            Value::Integers(integers) => arguments.add(integers.as_slice()),
            Value::Uuids(ids) => arguments.add(ids.as_slice()),
            Value::Column(values) => bind_column(arguments, values),
        }
    }

    fn fetch(connection: &mut PgConnection, query: Bound<Self>) -> BoxStream<'_, Result<PgRow, Error>> {
        query.fetch(connection)
    }

    async fn execute(connection: &mut PgConnection, query: Bound<Self>) -> Result<u64, Error> {
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn execute_script(connection: &mut PgConnection, script: &'static str) -> Result<(), Error> {
        sqlx::raw_sql(script).execute(connection).await?;
        Ok(())
    }

    fn classify(error: &Error) -> ErrorClass {
        error::classify(error)
    }

    fn classify_commit(error: &Error) -> ErrorClass {
        error::classify_commit(error)
    }

    /// sqlx reads the remaining answers and rolls back before the next statement.
    fn on_dirty(_: &mut OwnedMutexGuard<PoolConnection<Self>>) {}

    async fn check_connection(connection: &mut PgConnection) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(connection, &sql::ENCODING, &[]).await?;
        let encoding: String = required(&row, "encoding", RowExt::text)?;
        if encoding == "UTF8" { Ok(()) } else { Err(MigrateError::NotUnicode { encoding }) }
    }

    async fn commit(connection: &mut PgConnection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        write::commit(connection, change).await
    }

    async fn apply(
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<Option<CommitOutcome>, SqlError<Self>> {
        let row = write::commit_row(connection, change).await?;
        Ok(Some(write::outcome(&row)?))
    }

    async fn lock(
        connection: &mut PgConnection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> Result<bool, SqlError<Self>> {
        write::lock(connection, guards, members).await
    }

    async fn put_group(connection: &mut PgConnection, group: &Group) -> Result<bool, SqlError<Self>> {
        Ok(execute::<Self>(connection, &sql::PUT_GROUP, &encode::group(group)?).await? > 0)
    }

    async fn change_members(
        connection: &mut PgConnection,
        group: GroupId,
        members: &[MemberChange],
    ) -> Result<(), SqlError<Self>> {
        write::change_members(connection, group, members).await
    }

    async fn bump_epochs_and_insert_event(
        connection: &mut PgConnection,
        guards: &Guards,
        event: &Event,
    ) -> Result<(), SqlError<Self>> {
        let mut parameters = Vec::from(encode::guards(guards)?);
        parameters.extend(encode::event(event)?);
        execute::<Self>(connection, &sql::BUMP_EPOCHS_AND_INSERT_EVENT, &parameters).await?;
        Ok(())
    }
}

/// Binds an array. All values have the variant of the first one.
fn bind_column(arguments: &mut PgArguments, values: &[Value<'_>]) -> Result<(), BoxDynError> {
    macro_rules! array {
        ($pattern:pat => $value:expr) => {{
            let values = values.iter().map(|value| match value {
                $pattern => $value,
                _ => None,
            });
            arguments.add(values.collect::<Vec<_>>())
        }};
    }
    match values.first() {
        Some(Value::Text(_) | Value::Username(_)) => {
            array!(Value::Text(text) | Value::Username(text) => text.as_deref())
        }
        Some(Value::Flag(_)) => array!(Value::Flag(flag) => *flag),
        Some(Value::Integer(_)) => array!(Value::Integer(integer) => *integer),
        Some(Value::Uuid(_)) => array!(Value::Uuid(uuid) => *uuid),
        Some(Value::Time(_)) => array!(Value::Time(time) => *time),
        _ => Err("a column holds scalar values".into()),
    }
}
