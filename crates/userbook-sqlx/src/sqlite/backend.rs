//! SQLite as a [`Backend`].

use futures_util::stream::BoxStream;
use sqlx::{
    Arguments, Connection as _, Error, Sqlite, SqliteConnection,
    error::BoxDynError,
    pool::PoolConnection,
    sqlite::{SqliteArguments, SqliteRow},
};
use tokio::{runtime::Handle, sync::OwnedMutexGuard};
use userbook::{ChangeSet, CommitOutcome, Event, Group, GroupId, Guards, MemberChange, StoreError};

use super::{error, single_command, sql, write};
use crate::{
    backend::{Backend, Bound, execute, fetch_one},
    bulk::RowFormat,
    commit::{Owner, in_transaction},
    decode::{RowExt, required},
    encode,
    error::{ErrorClass, SqlError},
    members::change_members_by_rows,
    migration::{MigrateError, Migration},
    statement::Placeholders,
    statements::Statements,
    value::{Value, json_integers, json_uuids},
};

impl Backend for Sqlite {
    const PLACEHOLDERS: Placeholders = Placeholders::Numbered;
    const ROWS: RowFormat = RowFormat::Json;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 1,
        name: "baseline",
        sql: include_str!("../../migrations/sqlite/0001_baseline.sql"),
    }];
    const BEGIN: &'static str = sql::BEGIN;
    const BEGIN_READ: &'static str = sql::BEGIN_READ;

    fn statements() -> &'static Statements {
        &sql::STATEMENTS
    }

    fn bind(arguments: &mut SqliteArguments, value: &Value<'_>) -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) | Value::Username(text) => arguments.add(text.as_deref()),
            #[cfg(feature = "mysql")]
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Integer(integer) => arguments.add(*integer),
            Value::Uuid(uuid) => arguments.add(*uuid),
            Value::Time(time) => arguments.add(time.map(|time| time.timestamp_micros())),
            Value::Integers(integers) => arguments.add(json_integers(integers)),
            Value::Uuids(ids) => arguments.add(json_uuids(ids)),
            Value::Column(_) => Err("SQLite takes rows as JSON".into()),
        }
    }

    fn fetch(
        connection: &mut SqliteConnection,
        query: Bound<Self>,
    ) -> BoxStream<'_, Result<SqliteRow, Error>> {
        query.fetch(connection)
    }

    async fn execute(connection: &mut SqliteConnection, query: Bound<Self>) -> Result<u64, Error> {
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn execute_script(connection: &mut SqliteConnection, script: &'static str) -> Result<(), Error> {
        sqlx::raw_sql(script).execute(connection).await?;
        Ok(())
    }

    fn classify(error: &Error) -> ErrorClass {
        error::classify(error)
    }

    fn classify_commit(error: &Error) -> ErrorClass {
        error::classify_commit(error)
    }

    /// Ends the transaction that an interrupted command may have left open: sqlx does not know it. Some failures (a full
    /// disk is one) end the transaction instead, and sqlx would count it for ever.
    fn on_dirty(connection: &mut OwnedMutexGuard<PoolConnection<Self>>) {
        let Ok(runtime) = Handle::try_current() else { return connection.close_on_drop() };
        let connection = std::sync::Arc::clone(OwnedMutexGuard::mutex(connection));
        runtime.spawn(async move {
            let mut connection = connection.lock_owned().await;
            _ = single_command::roll_back(&mut connection).await;
            if connection.is_in_transaction() {
                connection.close_on_drop();
            }
        });
    }

    async fn check_connection(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(connection, &sql::FOREIGN_KEYS, &[]).await?;
        if required(&row, "foreign_keys", RowExt::flag)? { Ok(()) } else { Err(MigrateError::ForeignKeysOff) }
    }

    async fn commit(
        connection: &mut SqliteConnection,
        change: &ChangeSet,
    ) -> Result<CommitOutcome, StoreError> {
        if single_command::is_column_update(change) {
            return Owner::Store.outcome(single_command::commit(connection, change).await);
        }
        in_transaction::<Self>(connection, change, Owner::Store).await
    }

    async fn apply(
        connection: &mut SqliteConnection,
        change: &ChangeSet,
    ) -> Result<Option<CommitOutcome>, SqlError<Self>> {
        write::apply(connection, change).await
    }

    async fn lock(
        connection: &mut SqliteConnection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> Result<bool, SqlError<Self>> {
        write::lock(connection, guards, members).await
    }

    async fn put_group(connection: &mut SqliteConnection, group: &Group) -> Result<bool, SqlError<Self>> {
        Ok(execute::<Self>(connection, &sql::PUT_GROUP, &encode::group(group)?).await? > 0)
    }

    async fn change_members(
        connection: &mut SqliteConnection,
        group: GroupId,
        members: &[MemberChange],
    ) -> Result<(), SqlError<Self>> {
        let statements = [&sql::LEAVE_GROUP, &sql::JOIN_GROUP, &sql::INSERT_EVENTS];
        change_members_by_rows(connection, group, members, statements).await
    }

    async fn bump_epochs_and_insert_event(
        connection: &mut SqliteConnection,
        guards: &Guards,
        event: &Event,
    ) -> Result<(), SqlError<Self>> {
        write::bump_epochs(connection, guards).await?;
        execute::<Self>(connection, &sql::INSERT_EVENT, &encode::event(event)?).await?;
        Ok(())
    }
}
