//! Resources in their JSON form.

pub(crate) mod group;
mod normalize;
mod projection;
mod target;
mod user;
mod user_ops;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value, json};
use userbook::{Timestamp, model::timestamp_text};

pub(crate) use normalize::{Normalizer, canonical_resource, extension_members, with_object};
pub(crate) use projection::Projection;
pub(crate) use target::{Place, Target};
pub(crate) use user::Form;
pub(crate) use user_ops::{Basis, NAME_BASIS, field_ops};

/// The size of a usual resource.
pub(crate) const USUAL_BYTES: usize = 2048;

/// A resource in its JSON form.
pub(crate) type Document = Map<String, Value>;

/// A resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    User,
    Group,
}

impl ResourceKind {
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}

/// Adds `meta`. The version is the entity tag: the state of the row, and a digest of the document if wanted, because a
/// renamed group changes the document of its members.
fn add_meta(
    document: &mut Document,
    kind: ResourceKind,
    location: &str,
    (state, digest): (&str, bool),
    (created, modified): (Timestamp, Timestamp),
) {
    let version = if digest {
        let mut hasher = Collected(Vec::with_capacity(USUAL_BYTES));
        document.hash(&mut hasher);
        format!("W/\"{state}.{:016x}\"", hasher.finish())
    } else {
        format!("W/\"{state}\"")
    };
    let meta = json!({
        "resourceType": kind.name(),
        "created": timestamp_text(created),
        "lastModified": timestamp_text(modified),
        "location": location,
        "version": version,
    });
    document.insert("meta".to_owned(), meta);
}

/// Collects the parts of a hash, to hash them at once.
#[derive(Debug)]
struct Collected(Vec<u8>);

impl Hasher for Collected {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.0);
        hasher.finish()
    }
}

/// Returns the entity tag of a document.
pub(crate) fn version(document: &Document) -> Option<&str> {
    document.get("meta")?.get("version")?.as_str()
}

/// Returns the state in the entity tag of a document.
pub(crate) fn state_of(document: &Document) -> String {
    let tag = version(document).unwrap_or_default().trim_start_matches("W/").trim_matches('"');
    tag.split('.').next().unwrap_or_default().to_owned()
}

/// Returns the location of a document.
pub(crate) fn location(document: &Document) -> Option<&str> {
    document.get("meta")?.get("location")?.as_str()
}

/// Returns the approximate size of a value in bytes.
pub(crate) fn size(value: &Value) -> usize {
    const BASE: usize = 8;
    BASE + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members_size(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Returns the approximate size of the members of an object in bytes.
pub(crate) fn members_size(members: &Document) -> usize {
    members.iter().map(|(key, value)| key.len() + size(value)).sum()
}
