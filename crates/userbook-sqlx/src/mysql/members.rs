//! Member changes of a group write: rows, memberships and events of many users at once.

use std::collections::BTreeMap;

use sqlx::MySqlConnection;
use userbook::{
    GroupId,
    store::{Guards, MemberChange},
};

use super::{
    error::{WriteError, write_error},
    import_rows::{Batch, event_row},
    sql,
};
use crate::{
    encode::{self, EncodeError, Held},
    json,
};

/// Writes the rows of members, and locks the actor's row: whether all of them still had the expected revision.
pub(super) async fn update_rows(
    connection: &mut MySqlConnection,
    guards: &Guards,
    members: &[MemberChange],
) -> Result<bool, WriteError> {
    let Some(held) = Held::of(guards, members) else { return Ok(false) };
    let changes: BTreeMap<i64, &MemberChange> =
        members.iter().map(|member| (member.user.0, member)).collect();
    let row = |(id, expected): (&i64, &uuid::Uuid)| -> Result<_, EncodeError> {
        let change = changes.get(id);
        let revision = change.map_or(*expected, |member| member.change.0);
        let version = change.map(|member| encode::integer(member.version)).transpose()?;
        Ok((*id, expected.simple(), revision.simple(), version))
    };
    let rows: Vec<_> = held.users.iter().zip(&held.revisions).map(row).collect::<Result<_, _>>()?;
    let updated = sqlx::query(sql::UPDATE_MEMBERS)
        .bind(json::text(&rows).map_err(EncodeError::from)?)
        .execute(connection)
        .await
        .map_err(write_error)?;
    Ok(updated.rows_affected() == held.users.len() as u64)
}

/// Writes the memberships and the events of members whose rows are written.
pub(super) async fn change(
    connection: &mut MySqlConnection,
    group: GroupId,
    members: &[MemberChange],
) -> Result<(), WriteError> {
    for (statement, joins) in [(sql::LEAVE_GROUP, false), (sql::JOIN_GROUP, true)] {
        let users: Vec<i64> =
            members.iter().filter(|member| member.joins == joins).map(|member| member.user.0).collect();
        if !users.is_empty() {
            sqlx::query(statement)
                .bind(group.0)
                .bind(json::list(&users))
                .execute(&mut *connection)
                .await
                .map_err(write_error)?;
        }
    }
    for batch in Batch::of(members.iter().map(|member| event_row(&member.event))) {
        sqlx::query(sql::INSERT_EVENTS).bind(batch?).execute(&mut *connection).await.map_err(write_error)?;
    }
    Ok(())
}
