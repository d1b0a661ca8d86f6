//! Member changes of a group write: rows, memberships and events of many users at once.

use sqlx::PgConnection;
use userbook::{
    GroupId,
    store::{Guards, MemberChange},
};

use super::{error::WriteError, sql};
use crate::encode::{self, EncodeError, EventColumns, Held};

/// Whether the guards hold and every member still has the expected revision; if so, all of them are locked until the
/// transaction ends.
pub(super) async fn lock(
    connection: &mut PgConnection,
    guards: &Guards,
    members: &[MemberChange],
) -> Result<bool, WriteError> {
    // The actor's row is locked with the members' rows, in the order of ids.
    let counters = Guards { actor: None, ..*guards };
    if !super::bind::lock_guards(connection, &counters).await? {
        return Ok(false);
    }
    let Some(held) = Held::of(guards, members) else { return Ok(false) };
    let count: i64 = sqlx::query_scalar(sql::HOLD_USERS)
        .bind(&held.users)
        .bind(&held.revisions)
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(count) == Ok(held.users.len()))
}

/// Writes the changes of members whose rows are locked.
pub(super) async fn change(
    connection: &mut PgConnection,
    group: GroupId,
    members: &[MemberChange],
) -> Result<(), WriteError> {
    fn column<T>(members: &[MemberChange], value: impl Fn(&MemberChange) -> T) -> Vec<T> {
        members.iter().map(value).collect()
    }
    let events: Vec<EventColumns> =
        members.iter().map(|member| EventColumns::of(&member.event)).collect::<Result<_, _>>()?;
    let versions: Vec<i64> =
        members.iter().map(|member| encode::integer(member.version)).collect::<Result<_, EncodeError>>()?;
    sqlx::query(sql::CHANGE_MEMBERS)
        .bind(column(members, |member| member.user.0))
        .bind(column(members, |member| member.change.0))
        .bind(versions)
        .bind(column(members, |member| member.joins))
        .bind(group.0)
        .bind(column(members, |member| member.event.id.0))
        .bind(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.user).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.group).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.version).collect::<Vec<_>>())
        .bind(column(members, |member| member.event.time))
        .bind(events.iter().map(|event| event.body.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
