//! Loads facts from one snapshot: one statement each.

use userbook::{
    UserRef,
    store::{DirectoryQuery, DirectorySnapshot, Snapshot, SnapshotQuery},
};

use crate::{
    backend::Backend,
    claims,
    driver::{Conn, fetch_all},
    encode,
    error::SqlResult,
    snapshot,
    value::Value,
};

pub(crate) async fn load<B: Backend>(conn: &mut Conn<B>, query: &SnapshotQuery) -> SqlResult<B, Snapshot> {
    let [id, uuid] = encode::target(query.target);
    let parameters = [
        id,
        uuid,
        ("actor", query.actor.map(|actor| actor.0).into()),
        ("groups", Value::Uuids(query.groups.iter().map(|group| group.0).collect())),
        ("username", Value::username(query.username.as_deref())),
        ("login_digest", claims::looked_up(query.login.as_deref())),
        ("email_digest", claims::looked_up(query.email.as_deref())),
        ("other_superusers", query.other_superusers.into()),
        ("change", query.change.map(|change| change.0).into()),
    ];
    let statements = B::statements();
    let statement = if is_plain(query) { &statements.load_plain } else { &statements.load };
    let rows = fetch_all::<B>(conn, statement, &parameters).await?;
    Ok(snapshot::user(query, &rows)?)
}

/// Whether the query names a target by id and an actor, and nothing else.
fn is_plain(query: &SnapshotQuery) -> bool {
    let SnapshotQuery { target, actor: _, groups, username, login, email, other_superusers, change } = query;
    matches!(target, None | Some(UserRef::Id(_)))
        && groups.is_empty()
        && username.is_none()
        && login.is_none()
        && email.is_none()
        && !other_superusers
        && change.is_none()
}

pub(crate) async fn load_directory<B: Backend>(
    conn: &mut Conn<B>,
    query: &DirectoryQuery,
) -> SqlResult<B, DirectorySnapshot> {
    let superusers = query.superusers.as_ref();
    let except = superusers.and_then(|superusers| superusers.except.as_ref());
    let members = query.members.as_ref();
    let granting = superusers.iter().flat_map(|superusers| &superusers.groups).map(|group| group.0);
    let except_users = except.iter().flat_map(|(_, users)| users).map(|user| user.0);
    let users = members.iter().flat_map(|members| &members.users).map(|user| user.0);
    let parameters = [
        ("actor", query.actor.map(|actor| actor.0).into()),
        ("groups", Value::Uuids(query.groups.iter().map(|group| group.0).collect())),
        ("members_of", members.and_then(|members| members.of).map(|group| group.0).into()),
        ("members_limit", members.map_or(0, |members| members.limit.into()).into()),
        ("members", Value::Integers(users.collect())),
        ("username", Value::username(query.username.as_deref())),
        ("login_digest", claims::looked_up(query.login.as_deref())),
        ("email_digest", claims::looked_up(query.email.as_deref())),
        ("group_name", query.group_name.as_deref().into()),
        ("group_name_except", query.group_name_except.map(|group| group.0).into()),
        ("granting", Value::Uuids(granting.collect())),
        ("except_group", except.map(|(group, _)| group.0).into()),
        ("except_users", Value::Integers(except_users.collect())),
        ("change", query.change.map(|change| change.0).into()),
        ("shape", query.shape.into()),
        ("below", query.below.map(|group| group.0).into()),
    ];
    let rows = fetch_all::<B>(conn, &B::statements().load_directory, &parameters).await?;
    Ok(snapshot::directory(&rows)?)
}
