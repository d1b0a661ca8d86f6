//! What differs between the databases when they write.

use async_trait::async_trait;
use sqlx::{Pool, pool::PoolConnection};
use tokio::sync::OwnedMutexGuard;
use userbook::{
    Group, GroupId,
    event::Event,
    store::{ChangeSet, CommitOutcome, Guards, MemberChange, StoreError},
};

use crate::{
    bulk::RowFormat,
    commit::{self, Owner},
    connection_cache::ConnectionCache,
    driver::Driver,
    error::SqlResult,
    interrupt::Interrupt,
    migration::{self, MigrateError, Migration},
    write::Write,
};

/// A supported database: `Sqlite`, `Postgres` or `MySql` of sqlx.
#[async_trait]
pub trait Backend: Driver {
    /// How rows reach a statement that writes many.
    const ROWS: RowFormat;
    /// Userbook's migrations.
    const MIGRATIONS: &'static [Migration];
    /// Begins a transaction that writes. Each statement sees what was committed before it.
    const BEGIN: &'static str;
    /// Begins a transaction whose statements all see one state.
    const BEGIN_READ: &'static str;
    /// Begins a transaction that other migrations wait for.
    const BEGIN_MIGRATION: &'static str = Self::BEGIN;
    /// Whether the error of a broken foreign key always names the constraint.
    const NAMES_FOREIGN_KEYS: bool = true;
    /// Whether contention may have undone the whole transaction.
    const CONTENTION_ENDS_TRANSACTION: bool = false;

    /// Whether a writer that waits tries again from time to time instead of being woken.
    const WRITERS_TRY_AGAIN: bool = false;

    /// What writes beside the connections.
    type Writer: Clone + Send + Sync + 'static;

    /// Creates the writer of a store.
    fn writer(pool: &Pool<Self>) -> Self::Writer;

    /// Writes an update or a change of the directory.
    async fn write(
        _: &Self::Writer,
        connections: &ConnectionCache<Self>,
        write: Write<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        write.run_on(connections).await
    }

    /// Waits for running writes and closes what the writer has opened. Later writes fail.
    async fn close_writer(_: &Self::Writer) {}

    /// Blocks other writers as far as an import needs it and [`BEGIN`](Self::BEGIN) does not do so, until the
    /// transaction ends.
    async fn lock_for_import(_: &mut Self::Connection) -> SqlResult<Self, ()> {
        Ok(())
    }

    /// Makes the following statements of this connection end if the value is dropped. Elsewhere the server's statement
    /// timeout ends them.
    async fn interruptible(_: &mut Self::Connection) -> SqlResult<Self, Interrupt> {
        Ok(Interrupt::default())
    }

    /// Waits until the driver knows whether a transaction is open.
    async fn settle(_: &mut Self::Connection) -> SqlResult<Self, ()> {
        Ok(())
    }

    /// Repairs or closes a connection on which an operation failed or was interrupted.
    fn on_dirty(conn: &mut OwnedMutexGuard<PoolConnection<Self>>);

    /// Checks the settings that the store depends on.
    async fn check_connection(conn: &mut Self::Connection) -> Result<(), MigrateError>;

    /// Applies the pending migrations of a component while no other process migrates.
    async fn migrate(
        conn: &mut Self::Connection,
        component: &str,
        migrations: &'static [Migration],
    ) -> Result<(), MigrateError> {
        migration::apply_in_transaction::<Self>(conn, component, migrations).await
    }

    /// Commits a change in the fastest way that the database has.
    async fn commit(conn: &mut Self::Connection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        commit::in_transaction::<Self>(conn, change, Owner::Store).await
    }

    /// Writes a change in an open transaction. `None`: a row that the change depends on was not found.
    async fn apply(conn: &mut Self::Connection, change: &ChangeSet)
    -> SqlResult<Self, Option<CommitOutcome>>;

    /// Checks the guards and the members' revisions, and locks them until the transaction ends. May write the members'
    /// rows already.
    async fn lock(
        conn: &mut Self::Connection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> SqlResult<Self, bool>;

    /// Inserts or overwrites a group. Returns false if its parent does not exist.
    async fn put_group(conn: &mut Self::Connection, group: &Group) -> SqlResult<Self, bool>;

    /// Writes the memberships and events of locked members, and the members' rows unless `lock` wrote them.
    async fn change_members(
        conn: &mut Self::Connection,
        group: GroupId,
        members: &[MemberChange],
    ) -> SqlResult<Self, ()>;

    /// Increments the counters that the change bumps, unless `lock` did, and writes its event.
    async fn finish(conn: &mut Self::Connection, guards: &Guards, event: &Event) -> SqlResult<Self, ()>;

    /// Counts inserted or deleted rows of `users` or `groups`, where triggers do not.
    async fn count(_: &mut Self::Connection, _what: &'static str, _difference: i64) -> SqlResult<Self, ()> {
        Ok(())
    }

    /// Sets the parents of imported groups, where `import_groups` does not.
    async fn import_parents(_: &mut Self::Connection, _groups: &[Group]) -> SqlResult<Self, ()> {
        Ok(())
    }
}
