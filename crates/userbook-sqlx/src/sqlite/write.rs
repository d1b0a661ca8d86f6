//! The writes of a transaction. The write lock is held from its beginning: comparing a guard is enough.

use sqlx::{Sqlite, SqliteConnection};
use userbook::{ChangeSet, CommitOutcome, EpochGuard, Guards, MemberChange};

use super::sql;
use crate::{
    backend::{execute, fetch_one},
    bulk::write_rows,
    decode::{RowExt, required},
    encode,
    error::SqlError,
    members::member_row,
    provision::join_groups,
};

/// Starts with the conditional write of the user's row.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
) -> Result<Option<CommitOutcome>, SqlError<Sqlite>> {
    let parameters = encode::change(change)?;
    if execute::<Sqlite>(connection, &sql::UPDATE_USER, &parameters).await? == 0 {
        return Ok(None);
    }
    if !change.groups_removed.is_empty() {
        execute::<Sqlite>(connection, &sql::LEAVE_GROUPS, &parameters).await?;
    }
    if !join_groups::<Sqlite>(connection, &parameters, change.groups_added.len()).await? {
        return Ok(Some(CommitOutcome::Conflict));
    }
    bump_epochs(connection, &change.guards).await?;
    execute::<Sqlite>(connection, &sql::INSERT_EVENT, &parameters).await?;
    Ok(Some(CommitOutcome::Applied))
}

/// Compares the guards, and writes the members' rows.
pub(super) async fn lock(
    connection: &mut SqliteConnection,
    guards: &Guards,
    members: &[MemberChange],
) -> Result<bool, SqlError<Sqlite>> {
    if *guards != Guards::default() {
        let row = fetch_one::<Sqlite>(connection, &sql::GUARDS_HOLD, &encode::guards(guards)?).await?;
        if !required(&row, "hold", RowExt::flag)? {
            return Ok(false);
        }
    }
    let rows = members.iter().map(member_row);
    Ok(write_rows::<Sqlite, _>(connection, &sql::UPDATE_MEMBERS, rows).await? == members.len() as u64)
}

pub(super) fn bumps(guards: &Guards) -> bool {
    [guards.graph, guards.superusers].into_iter().flatten().any(EpochGuard::is_bump)
}

/// Increments the counters that a change bumps.
pub(super) async fn bump_epochs(
    connection: &mut SqliteConnection,
    guards: &Guards,
) -> Result<(), SqlError<Sqlite>> {
    if bumps(guards) {
        execute::<Sqlite>(connection, &sql::BUMP_EPOCHS, &encode::guards(guards)?).await?;
    }
    Ok(())
}
