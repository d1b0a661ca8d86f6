//! How PostgreSQL writes: an update is one statement, and provisioning locks before it writes.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Error, Executor as _, PgConnection, Pool, Postgres, pool::PoolConnection, postgres::PgRow};
use tokio::{runtime::Handle, sync::OwnedMutexGuard, time::timeout};
use userbook::{
    Group, GroupId,
    event::Event,
    store::{ChangeSet, CommitOutcome, Guards, MemberChange, StoreError, StoreErrorKind},
};

use super::sql;
use crate::{
    backend::Backend,
    bulk::{RowFormat, write_rows},
    claims,
    commit::{Owner, in_transaction},
    connection_cache::MAX_READ,
    decode::{Decoded, RowExt, required},
    driver::{execute, fetch_one},
    encode,
    error::{SqlError, SqlResult},
    members::{locked_rows, member_row},
    migration::{MigrateError, Migration},
    statements,
    value::Value,
};

#[async_trait]
impl Backend for Postgres {
    const ROWS: RowFormat = RowFormat::Columns;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 1,
        name: "baseline",
        sql: include_str!("../../migrations/postgres/0001_baseline.sql"),
    }];
    const BEGIN: &'static str = sql::BEGIN;
    const BEGIN_READ: &'static str = sql::BEGIN_READ;
    const BEGIN_MIGRATION: &'static str = sql::BEGIN_MIGRATION;

    type Writer = ();

    fn writer(_: &Pool<Self>) {}

    /// Ends the transaction that an interrupted operation may have left open. sqlx reads the remaining answers and
    /// rolls back by itself, but only if it has read the answer to `BEGIN`. Otherwise later statements would take
    /// effect in the transaction, which is never committed.
    fn on_dirty(conn: &mut OwnedMutexGuard<PoolConnection<Self>>) {
        let Ok(runtime) = Handle::try_current() else { return conn.close_on_drop() };
        let shared = Arc::clone(OwnedMutexGuard::mutex(conn));
        runtime.spawn(async move {
            let mut conn = shared.lock_owned().await;
            let ended = timeout(MAX_READ, conn.execute(sql::END_ANY_TRANSACTION)).await;
            if !matches!(ended, Ok(Ok(_))) {
                conn.close_on_drop();
            }
        });
    }

    async fn lock_for_import(conn: &mut PgConnection) -> SqlResult<Self, ()> {
        execute::<Self>(conn, &sql::LOCK_DIRECTORY, &[]).await?;
        Ok(())
    }

    async fn check_connection(conn: &mut PgConnection) -> Result<(), MigrateError> {
        let row = fetch_one::<Self>(conn, &sql::ENCODING, &[]).await?;
        let encoding: String = required(&row, "encoding", RowExt::text)?;
        if encoding == "UTF8" { Ok(()) } else { Err(MigrateError::NotUnicode { encoding }) }
    }

    async fn commit(conn: &mut PgConnection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        if change.fields.external_ids.is_some() || change.fields.further_addresses.is_some() {
            return in_transaction::<Self>(conn, change, Owner::Store).await;
        }
        match commit_row(conn, change).await {
            // The statement has ended.
            Ok(row) => outcome(&row).map_err(|error| StoreError::new(StoreErrorKind::Ambiguous, error)),
            Err(error) => Owner::Store.outcome(Err(SqlError::<Self>::at_commit(error))),
        }
    }

    async fn apply(conn: &mut PgConnection, change: &ChangeSet) -> SqlResult<Self, Option<CommitOutcome>> {
        let row = commit_row(conn, change).await?;
        Ok(Some(outcome(&row)?))
    }

    /// Locks the counters, then the rows of the members and the actor in the order of ids.
    async fn lock(
        conn: &mut PgConnection,
        guards: &Guards,
        members: &[MemberChange],
    ) -> SqlResult<Self, bool> {
        let counters = Guards { actor: guards.actor.filter(|_| members.is_empty()), ..*guards };
        if counters != Guards::default() {
            let row = fetch_one::<Self>(conn, &sql::GUARDS, &encode::guards(&counters)?).await?;
            if !required(&row, "hold", RowExt::flag)? {
                return Ok(false);
            }
        }
        if members.is_empty() {
            return Ok(true);
        }
        let Some(rows) = locked_rows(guards, members) else { return Ok(false) };
        let parameters = [
            ("users", Value::Integers(rows.iter().map(|(user, _)| *user).collect())),
            ("revisions", Value::Uuids(rows.iter().map(|(_, (revision, _))| *revision).collect())),
        ];
        let row = fetch_one::<Self>(conn, &sql::HOLD_USERS, &parameters).await?;
        Ok(usize::try_from(required(&row, "held", RowExt::integer)?) == Ok(rows.len()))
    }

    async fn put_group(conn: &mut PgConnection, group: &Group) -> SqlResult<Self, bool> {
        Ok(execute::<Self>(conn, &statements::PUT_GROUP, &encode::group(group)?).await? > 0)
    }

    async fn change_members(
        conn: &mut PgConnection,
        group: GroupId,
        members: &[MemberChange],
    ) -> SqlResult<Self, ()> {
        let rows = members.iter().map(|member| {
            let [user, _, revision, version, _, session_epoch] = member_row(member)?;
            let [id, kind, of_user, of_group, event_version, time, body] = encode::event(&member.event)?;
            let (joins, group) = (("joins", member.joins.into()), ("group", group.0.into()));
            Ok([
                user,
                revision,
                version,
                session_epoch,
                joins,
                group,
                id,
                kind,
                of_user,
                of_group,
                event_version,
                time,
                body,
            ])
        });
        write_rows::<Self, _>(conn, &sql::CHANGE_MEMBERS, rows).await?;
        Ok(())
    }

    async fn finish(conn: &mut PgConnection, guards: &Guards, event: &Event) -> SqlResult<Self, ()> {
        let mut parameters = Vec::from(encode::guards(guards)?);
        parameters.extend(encode::event(event)?);
        execute::<Self>(conn, &sql::BUMP_EPOCHS_AND_INSERT_EVENT, &parameters).await?;
        Ok(())
    }
}

/// Runs the statement that applies an update.
async fn commit_row(conn: &mut PgConnection, change: &ChangeSet) -> Result<PgRow, Error> {
    let fields_alone = change.guards == Guards::default()
        && !change.has_claims()
        && change.groups_added.is_empty()
        && change.groups_removed.is_empty();
    let statement = if fields_alone { &sql::COMMIT_FIELDS } else { &sql::COMMIT };
    let mut parameters = encode::change(change)?;
    parameters.extend(claims::parameters(change));
    fetch_one::<Postgres>(conn, statement, &parameters).await
}

fn outcome(row: &PgRow) -> Decoded<CommitOutcome> {
    if required(row, "applied", RowExt::flag)? {
        return Ok(CommitOutcome::Applied);
    }
    let is_there = required(row, "is_there", RowExt::flag)?;
    Ok(if is_there { CommitOutcome::Conflict } else { CommitOutcome::Gone })
}
