//! Member changes of a group write: rows, memberships and events of many users at once.

use userbook::{
    GroupId,
    store::{Guards, MemberChange},
};
use uuid::Uuid;

use crate::{
    backend::Backend,
    bulk::write_rows,
    driver::{Conn, execute},
    encode::{self, EncodeError, RowValues, integer},
    error::SqlResult,
    statement::Statement,
    value::Value,
};

/// A member's row, with the revision before and after.
pub(crate) fn member_row(member: &MemberChange) -> Result<RowValues<'static, 6>, EncodeError> {
    locked_row_values(&(member.user.0, (member.expected.0, Some(member))))
}

/// A user's row that a group write depends on: the id and the revision, and the change if the row is a member's.
pub(crate) type LockedRow<'m> = (i64, (Uuid, Option<&'m MemberChange>));

/// The rows of the members and the actor, by ascending id. `None` if two of them contradict each other.
pub(crate) fn locked_rows<'m>(guards: &Guards, members: &'m [MemberChange]) -> Option<Vec<LockedRow<'m>>> {
    let mut rows = std::collections::BTreeMap::new();
    for member in members {
        if rows.insert(member.user.0, (member.expected.0, Some(member))).is_some() {
            return None;
        }
    }
    if let Some(actor) = guards.actor
        && rows.entry(actor.user.0).or_insert((actor.revision.0, None)).0 != actor.revision.0
    {
        return None;
    }
    Some(rows.into_iter().collect())
}

/// Values for `update_members.sql`. The actor's row keeps its revision and has no new version.
pub(crate) fn locked_row_values(row: &LockedRow<'_>) -> Result<RowValues<'static, 6>, EncodeError> {
    let (user, (expected, member)) = *row;
    let session_epoch = member.and_then(|member| member.event.new_session_epoch());
    Ok([
        ("user", user.into()),
        ("expected", expected.into()),
        ("revision", member.map_or(expected, |member| member.change.0).into()),
        ("version", member.map(|member| integer(member.version)).transpose()?.into()),
        ("updated_at", member.map(|member| member.event.time).into()),
        ("session_epoch", session_epoch.map(|epoch| epoch.0).into()),
    ])
}

/// Writes memberships and events of members whose rows are written, with one statement each: leave, join, events.
pub(crate) async fn change_members_by_rows<B: Backend>(
    conn: &mut Conn<B>,
    group: GroupId,
    members: &[MemberChange],
    [leave, join, events]: [&'static Statement; 3],
) -> SqlResult<B, ()> {
    for (statement, joins) in [(leave, false), (join, true)] {
        let users: Vec<_> =
            members.iter().filter(|member| member.joins == joins).map(|member| member.user.0).collect();
        if !users.is_empty() {
            let parameters = [("group", group.0.into()), ("users", Value::Integers(users))];
            execute::<B>(conn, statement, &parameters).await?;
        }
    }
    write_rows::<B, _>(conn, events, members.iter().map(|member| encode::event(&member.event))).await?;
    Ok(())
}
