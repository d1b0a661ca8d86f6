//! What a database provides, and how generic code runs statements on it.

use futures_util::{TryStreamExt, stream::BoxStream};
use sqlx::{
    Arguments, AssertSqlSafe, Database, Error, IntoArguments, SqlSafeStr, error::BoxDynError,
    pool::PoolConnection, query::Query,
};
use tokio::sync::OwnedMutexGuard;
use userbook::{ChangeSet, CommitOutcome, Event, Group, GroupId, Guards, MemberChange, StoreError};

use crate::{
    bulk::RowFormat,
    commit::{self, Owner},
    decode::RowExt,
    error::{ErrorClass, SqlError},
    listing::Dialect,
    migration::{self, MigrateError, Migration},
    statement::{Placeholders, Statement},
    statements::Statements,
    value::Value,
};

/// A statement with its values.
pub(crate) type Bound<B> = Query<'static, B, <B as Database>::Arguments>;

/// The connection of a database.
pub(crate) type Connection<B> = <B as Database>::Connection;

/// Values by the names of the parameters.
pub(crate) type Parameters<'p> = [(&'static str, Value<'p>)];

/// A supported database: [`Sqlite`](sqlx::Sqlite), [`Postgres`](sqlx::Postgres) or [`MySql`](sqlx::MySql).
pub trait Backend: Dialect + Database<Row: RowExt, Arguments: IntoArguments<Self>> {
    const PLACEHOLDERS: Placeholders;
    const ROWS: RowFormat;
    const MIGRATIONS: &'static [Migration];
    /// Begins a transaction that writes. Each statement sees what was committed before it.
    const BEGIN: &'static str;
    /// Begins a transaction whose statements all see one state.
    const BEGIN_READ: &'static str;
    /// Begins a transaction that blocks other writers as far as an import needs it.
    const BEGIN_IMPORT: &'static str = Self::BEGIN;
    /// Begins a transaction that other migrations wait for.
    const BEGIN_MIGRATION: &'static str = Self::BEGIN;
    /// Whether [`ErrorClass::Contended`] may have undone the whole transaction.
    const CONTENTION_ENDS_TRANSACTION: bool = false;

    fn statements() -> &'static Statements;

    fn bind(arguments: &mut Self::Arguments, value: &Value<'_>) -> Result<(), BoxDynError>;

    fn fetch(
        connection: &mut Self::Connection,
        query: Bound<Self>,
    ) -> BoxStream<'_, Result<Self::Row, Error>>;

    /// Returns the number of affected rows.
    fn execute(
        connection: &mut Self::Connection,
        query: Bound<Self>,
    ) -> impl Future<Output = Result<u64, Error>> + Send;

    /// Runs several statements without parameters.
    fn execute_script(
        connection: &mut Self::Connection,
        script: &'static str,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// What a failure means before the commit.
    fn classify(error: &Error) -> ErrorClass;

    /// What a failure of the statement that commits means.
    fn classify_commit(error: &Error) -> ErrorClass;

    /// Repairs or closes a connection on which an operation failed or was interrupted.
    fn on_dirty(connection: &mut OwnedMutexGuard<PoolConnection<Self>>);

    /// Checks the settings that the store depends on.
    fn check_connection(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), MigrateError>> + Send;

    /// Applies the pending migrations of a component while no other process migrates.
    fn migrate(
        connection: &mut Self::Connection,
        component: &str,
        migrations: &'static [Migration],
    ) -> impl Future<Output = Result<(), MigrateError>> + Send {
        migration::apply_in_transaction::<Self>(connection, component, migrations)
    }

    /// Commits a change in the fastest way that the database has.
    fn commit(
        connection: &mut Self::Connection,
        change: &ChangeSet,
    ) -> impl Future<Output = Result<CommitOutcome, StoreError>> + Send {
        commit::in_transaction::<Self>(connection, change, Owner::Store)
    }

    /// Writes a change in an open transaction. `None`: a row that the change depends on was not found.
    fn apply(
        connection: &mut Self::Connection,
        change: &ChangeSet,
    ) -> impl Future<Output = Result<Option<CommitOutcome>, SqlError<Self>>> + Send;

    /// Checks the guards and the members' revisions, and locks them until the transaction ends. May write the members'
    /// rows already.
    fn lock(
        connection: &mut Self::Connection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> impl Future<Output = Result<bool, SqlError<Self>>> + Send;

    /// Inserts or overwrites a group. Returns false if its parent does not exist.
    fn put_group(
        connection: &mut Self::Connection,
        group: &Group,
    ) -> impl Future<Output = Result<bool, SqlError<Self>>> + Send;

    /// Writes the memberships and events of locked members, and the members' rows unless `lock` wrote them.
    fn change_members(
        connection: &mut Self::Connection,
        group: GroupId,
        members: &[MemberChange],
    ) -> impl Future<Output = Result<(), SqlError<Self>>> + Send;

    /// Increments the counters that the change bumps, unless `lock` did, and writes its event.
    fn bump_epochs_and_insert_event(
        connection: &mut Self::Connection,
        guards: &Guards,
        event: &Event,
    ) -> impl Future<Output = Result<(), SqlError<Self>>> + Send;

    /// Counts inserted or deleted rows of `users` or `groups`, where triggers do not.
    fn count(
        connection: &mut Self::Connection,
        what: &'static str,
        difference: i64,
    ) -> impl Future<Output = Result<(), SqlError<Self>>> + Send {
        _ = (connection, what, difference);
        async { Ok(()) }
    }

    /// Sets the parents of imported groups, where `import_groups` does not.
    fn import_parents(
        connection: &mut Self::Connection,
        groups: &[Group],
    ) -> impl Future<Output = Result<(), SqlError<Self>>> + Send {
        _ = (connection, groups);
        async { Ok(()) }
    }
}

/// How a scan continues after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// With the next row.
    Continue,
    /// With the next row, after other tasks of the runtime had a turn.
    Yield,
    /// Not at all.
    Stop,
}

/// A statement has a parameter without a value.
#[derive(Debug, thiserror::Error)]
#[error("parameter {0} has no value")]
struct MissingValue(&'static str);

/// Binds the parameters of a statement by name. Values without a parameter are ignored.
pub(crate) fn bind<B: Backend>(
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<Bound<B>, Error> {
    let resolved = statement.resolved();
    let mut arguments = B::Arguments::default();
    arguments.reserve(resolved.parameters.len(), 0);
    // Values usually have the order of the parameters: each search starts after the value before.
    let mut start = 0;
    for name in &resolved.parameters {
        let (before, after) = parameters.split_at(start.min(parameters.len()));
        let mut candidates = after.iter().chain(before).enumerate();
        let (offset, (_, value)) = candidates
            .find(|(_, (candidate, _))| candidate == name)
            .ok_or_else(|| Error::Encode(MissingValue(name).into()))?;
        B::bind(&mut arguments, value).map_err(Error::Encode)?;
        start = (start + offset + 1) % parameters.len();
    }
    Ok(sqlx::query_with(resolved.text.as_str(), arguments))
}

/// Binds values to a text that consists of pieces of this program.
pub(crate) fn bind_text<B: Backend>(text: String, values: &[Value<'_>]) -> Result<Bound<B>, Error> {
    let mut arguments = B::Arguments::default();
    for value in values {
        B::bind(&mut arguments, value).map_err(Error::Encode)?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(text).into_sql_str(), arguments))
}

/// Runs a statement and returns the number of affected rows.
pub(crate) async fn execute<B: Backend>(
    connection: &mut B::Connection,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<u64, Error> {
    let query = bind::<B>(statement, parameters)?;
    B::execute(connection, query).await
}

pub(crate) async fn fetch_all<B: Backend>(
    connection: &mut B::Connection,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<Vec<B::Row>, Error> {
    let query = bind::<B>(statement, parameters)?;
    B::fetch(connection, query).try_collect().await
}

pub(crate) async fn fetch_one<B: Backend>(
    connection: &mut B::Connection,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<B::Row, Error> {
    fetch_all::<B>(connection, statement, parameters).await?.pop().ok_or(Error::RowNotFound)
}

/// Runs a query and calls `see` with each row as it arrives.
pub(crate) async fn scan<B: Backend>(
    connection: &mut B::Connection,
    query: Bound<B>,
    mut see: impl FnMut(B::Row) -> Result<Flow, StoreError> + Send,
) -> Result<(), SqlError<B>> {
    let mut rows = B::fetch(connection, query);
    while let Some(row) = rows.try_next().await? {
        match see(row)? {
            Flow::Continue => {}
            Flow::Yield => tokio::task::yield_now().await,
            Flow::Stop => break,
        }
    }
    Ok(())
}
