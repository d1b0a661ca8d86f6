//! How MariaDB writes: the first statement of a transaction is a conditional write, never a read.

use async_trait::async_trait;
use sqlx::{MySql, MySqlConnection, Pool, pool::PoolConnection};
use tokio::sync::OwnedMutexGuard;
use userbook::{
    Group, GroupId,
    event::Event,
    store::{ChangeSet, CommitOutcome, Guards, MemberChange},
};

use super::sql;
use crate::{
    backend::Backend,
    bulk::{RowFormat, write_rows},
    claims,
    decode::{RowExt, required},
    driver::{Parameters, execute, fetch_one},
    encode,
    error::SqlResult,
    members::{change_members_by_rows, locked_row_values, locked_rows},
    migration::{self, MigrateError, Migration},
    provision::join_groups,
    statements,
};

#[async_trait]
impl Backend for MySql {
    const ROWS: RowFormat = RowFormat::Json;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 1,
        name: "baseline",
        sql: include_str!("../../migrations/mysql/0001_baseline.sql"),
    }];
    const BEGIN: &'static str = sql::BEGIN;
    const BEGIN_READ: &'static str = sql::BEGIN_READ;
    const NAMES_FOREIGN_KEYS: bool = false;
    const CONTENTION_ENDS_TRANSACTION: bool = true;

    type Writer = ();

    fn writer(_: &Pool<Self>) {}

    /// The driver does not know where in the protocol it stopped: the next user of the connection would read the
    /// answer to another statement.
    fn on_dirty(conn: &mut OwnedMutexGuard<PoolConnection<Self>>) {
        conn.close_on_drop();
    }

    async fn check_connection(conn: &mut MySqlConnection) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(conn, &sql::CONNECTION_FIT, &[]).await?;
        for (column, setting) in [
            ("strict", "a strict sql_mode"),
            ("unicode", "the character set utf8mb4"),
            ("recursion", "max_recursive_iterations = 4294967295"),
        ] {
            if !required(&row, column, RowExt::flag)? {
                return Err(MigrateError::IncompatibleSetting(setting));
            }
        }
        if required(&row, "foreign_keys", RowExt::flag)? { Ok(()) } else { Err(MigrateError::ForeignKeysOff) }
    }

    /// Runs without a transaction: each statement that creates a table commits.
    async fn migrate(
        conn: &mut MySqlConnection,
        component: &str,
        migrations: &'static [Migration],
    ) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(conn, &sql::MIGRATION_LOCK, &[]).await?;
        if row.integer("locked")? != Some(1) {
            return Err(MigrateError::Locked);
        }
        migration::apply::<Self>(conn, component, migrations).await?;
        fetch_one::<Self>(conn, &sql::MIGRATION_UNLOCK, &[]).await?;
        Ok(())
    }

    async fn apply(conn: &mut MySqlConnection, change: &ChangeSet) -> SqlResult<Self, Option<CommitOutcome>> {
        let parameters = encode::change(change)?;
        if !lock_epochs(conn, &change.guards, &parameters).await? {
            return Ok(None);
        }
        let found = execute::<Self>(conn, &sql::UPDATE_USER, &parameters).await?;
        if found != 1 + u64::from(change.guards.actor.is_some()) {
            return Ok(None);
        }
        if !change.groups_removed.is_empty() {
            execute::<Self>(conn, &sql::LEAVE_GROUPS, &parameters).await?;
        }
        if !join_groups::<Self>(conn, &parameters, change.groups_added.len()).await? {
            return Ok(Some(CommitOutcome::Conflict));
        }
        claims::put::<Self>(conn, change).await?;
        execute::<Self>(conn, &statements::INSERT_EVENT, &parameters).await?;
        Ok(Some(CommitOutcome::Applied))
    }

    /// Locks the counters, and writes the rows of the members and the actor in the order of ids.
    async fn lock(
        conn: &mut MySqlConnection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> SqlResult<Self, bool> {
        if !lock_epochs(conn, guards, &encode::guards(guards)?).await? {
            return Ok(false);
        }
        let Some(rows) = locked_rows(guards, members) else { return Ok(false) };
        let values = rows.iter().map(locked_row_values);
        Ok(write_rows::<Self, _>(conn, &sql::UPDATE_MEMBERS, values).await? == rows.len() as u64)
    }

    /// Updates or inserts: a statement that does both would overwrite whichever group has the name.
    async fn put_group(conn: &mut MySqlConnection, group: &Group) -> SqlResult<Self, bool> {
        let parameters = encode::group(group)?;
        if execute::<Self>(conn, &sql::UPDATE_GROUP, &parameters).await? == 0 {
            execute::<Self>(conn, &sql::INSERT_GROUP, &parameters).await?;
            Self::count(conn, "groups", 1).await?;
        }
        Ok(true)
    }

    async fn change_members(
        conn: &mut MySqlConnection,
        group: GroupId,
        members: &[MemberChange],
    ) -> SqlResult<Self, ()> {
        let statements = [&sql::LEAVE_GROUP, &sql::JOIN_GROUP, &sql::INSERT_EVENTS];
        change_members_by_rows(conn, group, members, statements).await
    }

    async fn finish(conn: &mut MySqlConnection, _: &Guards, event: &Event) -> SqlResult<Self, ()> {
        execute::<Self>(conn, &statements::INSERT_EVENT, &encode::event(event)?).await?;
        Ok(())
    }

    async fn count(conn: &mut MySqlConnection, what: &'static str, difference: i64) -> SqlResult<Self, ()> {
        let parameters = [("difference", difference.into()), ("name", what.into())];
        execute::<Self>(conn, &sql::COUNT_ROWS, &parameters).await?;
        Ok(())
    }

    async fn import_parents(conn: &mut MySqlConnection, groups: &[Group]) -> SqlResult<Self, ()> {
        let rows = groups
            .iter()
            .filter_map(|group| Some(Ok([("id", group.id.0.into()), ("parent", group.parent?.0.into())])));
        write_rows::<Self, _>(conn, &sql::IMPORT_PARENTS, rows).await?;
        Ok(())
    }
}

/// Compares, locks and increments the counters.
async fn lock_epochs(
    conn: &mut MySqlConnection,
    guards: &Guards,
    parameters: &Parameters<'_>,
) -> SqlResult<MySql, bool> {
    let wanted = guards.graph.iter().chain(&guards.superusers).count() as u64;
    Ok(wanted == 0 || execute::<MySql>(conn, &sql::HOLD_EPOCHS, parameters).await? == wanted)
}
