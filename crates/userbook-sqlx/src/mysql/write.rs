//! The writes of a transaction. Its first statement is a conditional write, never a read.

use sqlx::{MySql, MySqlConnection};
use userbook::{ChangeSet, CommitOutcome, Group, Guards, MemberChange};

use super::sql;
use crate::{
    backend::{Backend, Parameters, execute},
    bulk::write_rows,
    encode,
    error::SqlError,
    members::{locked_row_values, locked_rows},
    provision::join_groups,
};

pub(super) async fn apply(
    connection: &mut MySqlConnection,
    change: &ChangeSet,
) -> Result<Option<CommitOutcome>, SqlError<MySql>> {
    let parameters = encode::change(change)?;
    if !lock_epochs(connection, &change.guards, &parameters).await? {
        return Ok(None);
    }
    let found = execute::<MySql>(connection, &sql::UPDATE_USER, &parameters).await?;
    if found != 1 + u64::from(change.guards.actor.is_some()) {
        return Ok(None);
    }
    if !change.groups_removed.is_empty() {
        execute::<MySql>(connection, &sql::LEAVE_GROUPS, &parameters).await?;
    }
    if !join_groups::<MySql>(connection, &parameters, change.groups_added.len()).await? {
        return Ok(Some(CommitOutcome::Conflict));
    }
    execute::<MySql>(connection, &sql::INSERT_EVENT, &parameters).await?;
    Ok(Some(CommitOutcome::Applied))
}

/// Compares, locks and increments the counters.
async fn lock_epochs(
    connection: &mut MySqlConnection,
    guards: &Guards,
    parameters: &Parameters<'_>,
) -> Result<bool, SqlError<MySql>> {
    let wanted = guards.graph.iter().chain(&guards.superusers).count() as u64;
    Ok(wanted == 0 || execute::<MySql>(connection, &sql::HOLD_EPOCHS, parameters).await? == wanted)
}

/// Locks the counters, and writes the rows of the members and the actor in the order of ids.
pub(super) async fn lock(
    connection: &mut MySqlConnection,
    guards: &Guards,
    members: &[MemberChange],
) -> Result<bool, SqlError<MySql>> {
    if !lock_epochs(connection, guards, &encode::guards(guards)?).await? {
        return Ok(false);
    }
    let Some(rows) = locked_rows(guards, members) else { return Ok(false) };
    let values = rows.iter().map(locked_row_values);
    Ok(write_rows::<MySql, _>(connection, &sql::UPDATE_MEMBERS, values).await? == rows.len() as u64)
}

/// Updates or inserts: a statement that does both would overwrite whichever group has the name.
pub(super) async fn put_group(
    connection: &mut MySqlConnection,
    group: &Group,
) -> Result<bool, SqlError<MySql>> {
    let parameters = encode::group(group)?;
    if execute::<MySql>(connection, &sql::UPDATE_GROUP, &parameters).await? == 0 {
        execute::<MySql>(connection, &sql::INSERT_GROUP, &parameters).await?;
        MySql::count(connection, "groups", 1).await?;
    }
    Ok(true)
}
