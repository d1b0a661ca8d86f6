//! A group as a SCIM resource.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};
use userbook::{Group, User, model::ExternalSource, store::GroupEntry};

use super::{Document, ResourceKind, add_meta};
use crate::schema::GROUP;

/// Returns the resource. With `with_members`, it contains the members that the source manages.
pub(crate) fn resource(
    entry: &GroupEntry,
    source: &ExternalSource,
    base: &str,
    with_members: bool,
) -> Document {
    let group = &entry.group;
    let mut document = Document::new();
    document.insert("schemas".to_owned(), json!([GROUP]));
    document.insert("id".to_owned(), group.id.to_string().into());
    if let Some(id) = group.external_ids.identifier(source) {
        document.insert("externalId".to_owned(), id.into());
    }
    document.insert("displayName".to_owned(), group.name.as_str().into());
    if with_members {
        let members = entry.members.iter().filter(|user| user.external_ids.is_managed_by(source));
        let members: Vec<Value> = members.map(|user| member(user, base)).collect();
        document.insert("members".to_owned(), Value::Array(members));
    }
    let location = format!("{base}/Groups/{}", group.id);
    let dates = (group.created_at, group.updated_at);
    add_meta(&mut document, ResourceKind::Group, &location, &state(group), dates);
    document
}

fn member(user: &User, base: &str) -> Value {
    json!({
        "value": user.uuid.to_string(),
        "$ref": format!("{base}/Users/{}", user.uuid),
        "type": "User",
    })
}

/// A digest of the stored values. Every write of the group, and of its members through the group, changes `updated_at`.
pub(crate) fn state(group: &Group) -> String {
    let mut hasher = DefaultHasher::new();
    let Group { id, name, attributes, external_ids, updated_at, .. } = group;
    (id, name, attributes.to_string(), external_ids, updated_at).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
