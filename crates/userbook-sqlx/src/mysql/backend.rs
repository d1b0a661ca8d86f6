//! MariaDB and MySQL as a [`Backend`].

use futures_util::stream::BoxStream;
use sqlx::{
    Arguments, Error, MySql, MySqlConnection,
    error::BoxDynError,
    mysql::{MySqlArguments, MySqlRow},
    pool::PoolConnection,
};
use tokio::sync::OwnedMutexGuard;
use userbook::{ChangeSet, CommitOutcome, Event, Group, GroupId, Guards, MemberChange};

use super::{error, sql, write};
use crate::{
    backend::{Backend, Bound, execute, fetch_one},
    bulk::{RowFormat, write_rows},
    decode::{RowExt, required},
    encode,
    error::{ErrorClass, SqlError},
    members::change_members_by_rows,
    migration::{self, MigrateError, Migration},
    statement::Placeholders,
    statements::Statements,
    value::{Value, json_integers, json_uuids},
};

impl Backend for MySql {
    const PLACEHOLDERS: Placeholders = Placeholders::Positional;
    const ROWS: RowFormat = RowFormat::Json;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 1,
        name: "baseline",
        sql: include_str!("../../migrations/mysql/0001_baseline.sql"),
    }];
    const BEGIN: &'static str = sql::BEGIN;
    const BEGIN_READ: &'static str = sql::BEGIN_READ;
    const CONTENTION_ENDS_TRANSACTION: bool = true;

    fn statements() -> &'static Statements {
        &sql::STATEMENTS
    }

    fn bind(arguments: &mut MySqlArguments, value: &Value<'_>) -> Result<(), BoxDynError> {
        match value {
            Value::Text(text) => arguments.add(text.as_deref()),
            Value::Username(name) => arguments.add(name.as_deref().map(str::as_bytes)),
            Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
            Value::Flag(flag) => arguments.add(*flag),
            Value::Integer(integer) => arguments.add(*integer),
            Value::Uuid(uuid) => arguments.add(*uuid),
            Value::Time(time) => arguments.add(time.map(|time| time.naive_utc())),
            Value::Integers(integers) => arguments.add(json_integers(integers)),
            Value::Uuids(ids) => arguments.add(json_uuids(ids)),
            Value::Column(_) => Err("MariaDB takes rows as JSON".into()),
        }
    }

    fn fetch(connection: &mut MySqlConnection, query: Bound<Self>) -> BoxStream<'_, Result<MySqlRow, Error>> {
        query.fetch(connection)
    }

    async fn execute(connection: &mut MySqlConnection, query: Bound<Self>) -> Result<u64, Error> {
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn execute_script(connection: &mut MySqlConnection, script: &'static str) -> Result<(), Error> {
        sqlx::raw_sql(script).execute(connection).await?;
        Ok(())
    }

    fn classify(error: &Error) -> ErrorClass {
        error::classify(error)
    }

    fn classify_commit(error: &Error) -> ErrorClass {
        error::classify_commit(error)
    }

    /// The driver does not know where in the protocol it stopped: the next user of the connection would read the answer
    /// to another statement.
    fn on_dirty(connection: &mut OwnedMutexGuard<PoolConnection<Self>>) {
        connection.close_on_drop();
    }

    async fn check_connection(connection: &mut MySqlConnection) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(connection, &sql::CONNECTION_FIT, &[]).await?;
        for (column, setting) in [("strict", "a strict sql_mode"), ("unicode", "the character set utf8mb4")] {
            if !required(&row, column, RowExt::flag)? {
                return Err(MigrateError::IncompatibleSetting(setting));
            }
        }
        if required(&row, "foreign_keys", RowExt::flag)? { Ok(()) } else { Err(MigrateError::ForeignKeysOff) }
    }

    /// Without a transaction: each statement that creates a table commits.
    async fn migrate(
        connection: &mut MySqlConnection,
        component: &str,
        migrations: &'static [Migration],
    ) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(connection, &sql::MIGRATION_LOCK, &[]).await?;
        if row.integer("locked")? != Some(1) {
            return Err(MigrateError::Locked);
        }
        migration::apply::<Self>(connection, component, migrations).await?;
        fetch_one::<Self>(connection, &sql::MIGRATION_UNLOCK, &[]).await?;
        Ok(())
    }

    async fn apply(
        connection: &mut MySqlConnection,
        change: &ChangeSet,
    ) -> Result<Option<CommitOutcome>, SqlError<Self>> {
        write::apply(connection, change).await
    }

    async fn lock(
        connection: &mut MySqlConnection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> Result<bool, SqlError<Self>> {
        write::lock(connection, guards, members).await
    }

    async fn put_group(connection: &mut MySqlConnection, group: &Group) -> Result<bool, SqlError<Self>> {
        write::put_group(connection, group).await
    }

    async fn change_members(
        connection: &mut MySqlConnection,
        group: GroupId,
        members: &[MemberChange],
    ) -> Result<(), SqlError<Self>> {
        let statements = [&sql::LEAVE_GROUP, &sql::JOIN_GROUP, &sql::INSERT_EVENTS];
        change_members_by_rows(connection, group, members, statements).await
    }

    /// `lock` has incremented the counters.
    async fn bump_epochs_and_insert_event(
        connection: &mut MySqlConnection,
        _: &Guards,
        event: &Event,
    ) -> Result<(), SqlError<Self>> {
        execute::<Self>(connection, &sql::INSERT_EVENT, &encode::event(event)?).await?;
        Ok(())
    }

    async fn count(
        connection: &mut MySqlConnection,
        what: &'static str,
        difference: i64,
    ) -> Result<(), SqlError<Self>> {
        let parameters = [("difference", difference.into()), ("name", what.into())];
        execute::<Self>(connection, &sql::COUNT_ROWS, &parameters).await?;
        Ok(())
    }

    async fn import_parents(
        connection: &mut MySqlConnection,
        groups: &[Group],
    ) -> Result<(), SqlError<Self>> {
        let rows = groups
            .iter()
            .filter_map(|group| Some(Ok([("id", group.id.0.into()), ("parent", group.parent?.0.into())])));
        write_rows::<Self, _>(connection, &sql::IMPORT_PARENTS, rows).await?;
        Ok(())
    }
}
