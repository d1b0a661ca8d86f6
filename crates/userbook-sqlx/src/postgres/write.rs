//! The commit in one statement, and the writes of a provisioning transaction.

use sqlx::{Error, PgConnection, Postgres, postgres::PgRow};
use userbook::{ChangeSet, CommitOutcome, GroupId, Guards, MemberChange, StoreError, StoreErrorKind};

use super::sql;
use crate::{
    backend::fetch_one,
    bulk::write_rows,
    commit::Owner,
    decode::{Decoded, RowExt, required},
    encode,
    error::SqlError,
    members::{locked_rows, member_row},
    value::Value,
};

/// Runs the statement that commits.
pub(super) async fn commit_row(connection: &mut PgConnection, change: &ChangeSet) -> Result<PgRow, Error> {
    let fields_alone = change.guards == Guards::default()
        && change.groups_added.is_empty()
        && change.groups_removed.is_empty();
    let statement = if fields_alone { &sql::COMMIT_FIELDS } else { &sql::COMMIT };
    fetch_one::<Postgres>(connection, statement, &encode::change(change)?).await
}

pub(super) fn outcome(row: &PgRow) -> Decoded<CommitOutcome> {
    if required(row, "applied", RowExt::flag)? {
        return Ok(CommitOutcome::Applied);
    }
    let is_there = required(row, "is_there", RowExt::flag)?;
    Ok(if is_there { CommitOutcome::Conflict } else { CommitOutcome::Gone })
}

pub(super) async fn commit(
    connection: &mut PgConnection,
    change: &ChangeSet,
) -> Result<CommitOutcome, StoreError> {
    match commit_row(connection, change).await {
        // The statement has ended.
        Ok(row) => outcome(&row).map_err(|error| StoreError::new(StoreErrorKind::Ambiguous, error)),
        Err(error) => Owner::Store.outcome(Err(SqlError::<Postgres>::at_commit(error))),
    }
}

/// Locks the counters, then the rows of the members and the actor in the order of ids.
pub(super) async fn lock(
    connection: &mut PgConnection,
    guards: &Guards,
    members: &[MemberChange],
) -> Result<bool, SqlError<Postgres>> {
    let counters = Guards { actor: guards.actor.filter(|_| members.is_empty()), ..*guards };
    if counters != Guards::default() {
        let row = fetch_one::<Postgres>(connection, &sql::GUARDS, &encode::guards(&counters)?).await?;
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
    let row = fetch_one::<Postgres>(connection, &sql::HOLD_USERS, &parameters).await?;
    Ok(usize::try_from(required(&row, "held", RowExt::integer)?) == Ok(rows.len()))
}

pub(super) async fn change_members(
    connection: &mut PgConnection,
    group: GroupId,
    members: &[MemberChange],
) -> Result<(), SqlError<Postgres>> {
    let rows = members.iter().map(|member| {
        let [user, _, revision, version] = member_row(member)?;
        let [id, kind, event_user, event_group, event_version, time, body] = encode::event(&member.event)?;
        let (joins, group) = (("joins", member.joins.into()), ("group", group.0.into()));
        Ok([
            user,
            revision,
            version,
            joins,
            group,
            id,
            kind,
            event_user,
            event_group,
            event_version,
            time,
            body,
        ])
    });
    write_rows::<Postgres, _>(connection, &sql::CHANGE_MEMBERS, rows).await?;
    Ok(())
}
