//! A group as a SCIM resource.

use std::hash::{DefaultHasher, Hash, Hasher};

use userbook::{Group, User, model::ExternalSource, store::GroupEntry};

use super::{Json, Object, Resource, ResourceKind};
use crate::schema::GROUP;

/// Returns the resource. With `with_members`, it contains the members that the source manages.
pub(crate) fn resource<'r>(
    entry: &'r GroupEntry,
    source: &ExternalSource,
    base: &str,
    with_members: bool,
) -> Resource<'r> {
    let group = &entry.group;
    let mut members = Object::of([
        ("schemas", Json::List(vec![GROUP.into()])),
        ("id", Json::Id(group.id.0)),
        ("displayName", group.name.as_str().into()),
    ]);
    if let Some(id) = group.external_ids.identifier(source) {
        members.set("externalId", id.to_owned().into());
    }
    if with_members {
        let users = entry.members.iter().filter(|user| user.external_ids.is_managed_by(source));
        members.set("members", Json::List(users.map(|user| member(user, base)).collect()));
    }
    let location = format!("{base}/Groups/{}", group.id);
    let dates = (group.created_at, group.updated_at);
    // Without the members, the version is the state of the group only.
    let digest = with_members;
    Resource::new(
        ResourceKind::Group,
        (group.id.0, location),
        members,
        (&state(group, source), digest),
        dates,
    )
}

fn member<'m>(user: &User, base: &str) -> Json<'m> {
    Json::Object(Object::of([
        ("value", Json::Id(user.uuid)),
        ("$ref", format!("{base}/Users/{}", user.uuid).into()),
        ("type", "User".into()),
    ]))
}

/// A digest of the values that the connection sees. Every write of the group, and of its members through the group,
/// changes `updated_at`.
pub(crate) fn state(group: &Group, source: &ExternalSource) -> String {
    let mut hasher = DefaultHasher::new();
    let Group { id, name, external_ids, updated_at, .. } = group;
    (id, name, external_ids.identifier(source), updated_at).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
