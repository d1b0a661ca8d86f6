//! How SQLite writes. The write lock is held from the beginning of a transaction: comparing a guard is enough.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::{runtime::Handle, sync::OwnedMutexGuard};
use userbook::{
    Group, GroupId,
    event::Event,
    store::{ChangeSet, CommitOutcome, EpochGuard, Guards, MemberChange, StoreError},
};

use super::{single_command, sql, writer::Writer};
use crate::{
    backend::Backend,
    bulk::{RowFormat, write_rows},
    claims,
    commit::{Owner, in_transaction},
    connection_cache::ConnectionCache,
    decode::{RowExt, required},
    driver::{execute, fetch_one},
    encode,
    error::SqlResult,
    interrupt::Interrupt,
    members::{change_members_by_rows, member_row},
    migration::{MigrateError, Migration},
    provision::join_groups,
    statements,
    write::Write,
};

/// The `application_id` that the baseline migration writes: "USRB".
const APPLICATION_ID: i64 = 0x5553_5242;

/// The steps of SQLite's virtual machine between two looks for an interrupt: less than a millisecond.
const STEPS: i32 = 10_000;

#[async_trait]
impl Backend for Sqlite {
    const ROWS: RowFormat = RowFormat::Json;
    const NAMES_FOREIGN_KEYS: bool = false;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 1,
        name: "baseline",
        sql: include_str!("../../migrations/sqlite/0001_baseline.sql"),
    }];
    const BEGIN: &'static str = sql::BEGIN;
    const BEGIN_READ: &'static str = sql::BEGIN_READ;
    const WRITERS_TRY_AGAIN: bool = true;

    /// `None` for a pool of one connection, as an in-memory database has it: the pool orders the writes.
    type Writer = Option<Writer>;

    fn writer(pool: &SqlitePool) -> Option<Writer> {
        (pool.options().get_max_connections() > 1).then(|| Writer::new(pool.clone()))
    }

    async fn write(
        writer: &Option<Writer>,
        connections: &ConnectionCache<Self>,
        write: Write<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        match writer {
            Some(writer) => writer.write(write).await,
            None => write.run_on(connections).await,
        }
    }

    async fn close_writer(writer: &Option<Writer>) {
        if let Some(writer) = writer {
            writer.close().await;
        }
    }

    /// By a progress handler: <https://www.sqlite.org/c3ref/progress_handler.html>.
    async fn interruptible(conn: &mut SqliteConnection) -> SqlResult<Self, Interrupt> {
        let interrupt = Interrupt::default();
        let is_wanted = interrupt.is_wanted();
        conn.lock_handle().await?.set_progress_handler(STEPS, move || !is_wanted());
        Ok(interrupt)
    }

    /// Ends the transaction that an interrupted command may have left open: sqlx does not know it. Some failures (a
    /// full disk is one) end the transaction instead, and sqlx would count it for ever.
    fn on_dirty(conn: &mut OwnedMutexGuard<PoolConnection<Self>>) {
        let Ok(runtime) = Handle::try_current() else { return conn.close_on_drop() };
        let shared = Arc::clone(OwnedMutexGuard::mutex(conn));
        runtime.spawn(async move {
            let mut conn = shared.lock_owned().await;
            if let Ok(mut handle) = conn.lock_handle().await {
                handle.remove_progress_handler();
            }
            _ = single_command::roll_back(&mut conn).await;
            if conn.is_in_transaction() {
                conn.close_on_drop();
            }
        });
    }

    /// The thread of the connection rolls back by itself after a dropped savepoint.
    async fn settle(conn: &mut SqliteConnection) -> SqlResult<Self, ()> {
        Ok(conn.ping().await?)
    }

    async fn check_connection(conn: &mut SqliteConnection) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(conn, &sql::CONNECTION_FIT, &[]).await?;
        let application_id = required(&row, "application_id", RowExt::integer)?;
        // A host may mark a file that contains Userbook's tables as its own.
        let is_ours = [0, APPLICATION_ID].contains(&application_id);
        if !is_ours && !required(&row, "is_migrated", RowExt::flag)? {
            return Err(MigrateError::ForeignFile { application_id });
        }
        if required(&row, "foreign_keys", RowExt::flag)? { Ok(()) } else { Err(MigrateError::ForeignKeysOff) }
    }

    async fn commit(conn: &mut SqliteConnection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        if single_command::is_column_update(change) {
            return Owner::Store.outcome(single_command::commit(conn, change).await);
        }
        in_transaction::<Self>(conn, change, Owner::Store).await
    }

    /// Starts with the conditional write of the user's row.
    async fn apply(
        conn: &mut SqliteConnection,
        change: &ChangeSet,
    ) -> SqlResult<Self, Option<CommitOutcome>> {
        let parameters = encode::change(change)?;
        if execute::<Self>(conn, &sql::UPDATE_USER, &parameters).await? == 0 {
            return Ok(None);
        }
        if !change.groups_removed.is_empty() {
            execute::<Self>(conn, &sql::LEAVE_GROUPS, &parameters).await?;
        }
        if !join_groups::<Self>(conn, &parameters, change.groups_added.len()).await? {
            return Ok(Some(CommitOutcome::Conflict));
        }
        claims::put::<Self>(conn, change).await?;
        Self::finish(conn, &change.guards, &change.event).await?;
        Ok(Some(CommitOutcome::Applied))
    }

    /// Compares the guards, and writes the members' rows.
    async fn lock(
        conn: &mut SqliteConnection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> SqlResult<Self, bool> {
        if *guards != Guards::default() {
            let row = fetch_one::<Self>(conn, &sql::GUARDS_HOLD, &encode::guards(guards)?).await?;
            if !required(&row, "hold", RowExt::flag)? {
                return Ok(false);
            }
        }
        let rows = members.iter().map(member_row);
        Ok(write_rows::<Self, _>(conn, &sql::UPDATE_MEMBERS, rows).await? == members.len() as u64)
    }

    async fn put_group(conn: &mut SqliteConnection, group: &Group) -> SqlResult<Self, bool> {
        Ok(execute::<Self>(conn, &statements::PUT_GROUP, &encode::group(group)?).await? > 0)
    }

    async fn change_members(
        conn: &mut SqliteConnection,
        group: GroupId,
        members: &[MemberChange],
    ) -> SqlResult<Self, ()> {
        let statements = [&sql::LEAVE_GROUP, &sql::JOIN_GROUP, &sql::INSERT_EVENTS];
        change_members_by_rows(conn, group, members, statements).await
    }

    async fn finish(conn: &mut SqliteConnection, guards: &Guards, event: &Event) -> SqlResult<Self, ()> {
        if bumps(guards) {
            execute::<Self>(conn, &sql::BUMP_EPOCHS, &encode::guards(guards)?).await?;
        }
        execute::<Self>(conn, &statements::INSERT_EVENT, &encode::event(event)?).await?;
        Ok(())
    }
}

/// Whether a change increments a counter.
pub(super) fn bumps(guards: &Guards) -> bool {
    [guards.graph, guards.superusers].into_iter().flatten().any(EpochGuard::is_bump)
}

#[cfg(test)]
mod tests;
