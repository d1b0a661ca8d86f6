//! Member changes of a group write: rows, memberships and events of many users at once.

use sqlx::SqliteConnection;
use userbook::{
    GroupId,
    store::{MemberChange, StoreError},
};

use super::{
    error::{failure, rows_written},
    sql,
};
use crate::{
    encode::{self, EncodeError, EventColumns},
    json,
};

/// Writes the members' rows: whether all of them still had the expected revision.
pub(super) async fn update_rows(
    connection: &mut SqliteConnection,
    members: &[MemberChange],
) -> Result<bool, StoreError> {
    if members.is_empty() {
        return Ok(true);
    }
    let row = |member: &MemberChange| -> Result<_, EncodeError> {
        let version = encode::integer(member.version)?;
        Ok((member.user.0, member.expected.0.simple(), member.change.0.simple(), version))
    };
    let rows: Vec<_> = members.iter().map(row).collect::<Result<_, _>>()?;
    let updated = sqlx::query(sql::UPDATE_MEMBERS)
        .bind(json::text(&rows).map_err(EncodeError::from)?)
        .execute(connection)
        .await;
    Ok(rows_written(updated)? == Some(members.len() as u64))
}

/// Writes the memberships and the events of members whose rows are written: whether the group exists.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    group: GroupId,
    members: &[MemberChange],
) -> Result<bool, StoreError> {
    if members.is_empty() {
        return Ok(true);
    }
    for (statement, joins) in [(sql::LEAVE_GROUP, false), (sql::JOIN_GROUP, true)] {
        let users: Vec<i64> =
            members.iter().filter(|member| member.joins == joins).map(|member| member.user.0).collect();
        let statement = sqlx::query(statement).bind(group.0).bind(json::list(&users));
        if !users.is_empty() && rows_written(statement.execute(&mut *connection).await)?.is_none() {
            return Ok(false);
        }
    }
    let rows: Vec<_> = members.iter().map(event_row).collect::<Result<_, _>>()?;
    sqlx::query(sql::INSERT_EVENTS)
        .bind(json::text(&rows).map_err(EncodeError::from)?)
        .execute(connection)
        .await
        .map_err(failure)?;
    Ok(true)
}

fn event_row(member: &MemberChange) -> Result<impl serde::Serialize, EncodeError> {
    let event = &member.event;
    let columns = EventColumns::of(event)?;
    Ok((
        event.id.0.simple(),
        columns.kind,
        columns.user,
        columns.group.map(uuid::Uuid::simple),
        columns.version,
        event.time.timestamp_micros(),
        columns.body,
    ))
}
