//! Resources in their JSON form.

pub(crate) mod group;
mod json;
mod normalize;
mod projection;
mod target;
mod user;
mod user_ops;

use std::hash::{DefaultHasher, Hasher};

use serde_json::{Map, Value};
use userbook::{Timestamp, model::timestamp_text};
use uuid::Uuid;

pub(crate) use json::{Json, Object};
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

/// A complete resource, as text for a client or as a document.
#[derive(Debug)]
pub(crate) struct Resource<'r> {
    pub(crate) id: Uuid,
    pub(crate) location: String,
    /// The entity tag.
    pub(crate) version: String,
    members: Object<'r>,
    /// The text of the members, if the version is a digest of it.
    text: Option<Vec<u8>>,
    kind: ResourceKind,
    created: String,
    modified: String,
}

impl<'r> Resource<'r> {
    /// Adds `meta` to the other members. The version is the state of the row, and a digest of the members if wanted,
    /// because a renamed group changes the document of its members.
    fn new(
        kind: ResourceKind,
        (id, location): (Uuid, String),
        mut members: Object<'r>,
        (state, digest): (&str, bool),
        (created, modified): (Timestamp, Timestamp),
    ) -> Self {
        members.remove("meta");
        let text = digest.then(|| text(&members));
        let version = match &text {
            Some(text) => format!("W/\"{state}.{:016x}\"", digest_of(text)),
            None => format!("W/\"{state}\""),
        };
        let [created, modified] = [created, modified].map(timestamp_text);
        Self { id, location, version, members, text, kind, created, modified }
    }

    /// Takes the text.
    pub(crate) fn take_text(&mut self) -> Vec<u8> {
        let mut text = self.text.take().unwrap_or_else(|| text(&self.members));
        // Every resource has other members: `meta` follows the last one, within the braces.
        text.pop();
        text.extend_from_slice(b",\"meta\":");
        write_text(&mut text, &self.meta());
        text.push(b'}');
        text
    }

    /// Returns the document.
    pub(crate) fn into_document(mut self) -> Document {
        let meta = self.meta().into_document();
        let mut document = std::mem::take(&mut self.members).into_document();
        document.insert("meta".to_owned(), Value::Object(meta));
        document
    }

    fn meta(&self) -> Object<'_> {
        Object::of([
            ("resourceType", self.kind.name().into()),
            ("created", self.created.as_str().into()),
            ("lastModified", self.modified.as_str().into()),
            ("location", self.location.as_str().into()),
            ("version", self.version.as_str().into()),
        ])
    }
}

fn text(object: &Object<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    write_text(&mut text, object);
    text
}

/// A value in memory always has a text.
fn write_text(text: &mut Vec<u8>, object: &Object<'_>) {
    _ = serde_json::to_writer(text, object);
}

fn digest_of(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text);
    hasher.finish()
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
