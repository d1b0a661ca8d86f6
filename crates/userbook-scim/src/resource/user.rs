//! A user as a SCIM resource.

use serde_json::{Map, Value, json};
use userbook::{
    User,
    model::ExternalSource,
    view::{GroupView, UserView},
};

use super::{Document, Normalizer, ResourceKind, add_meta};
use crate::{Mapping, mapping::Stored, schema::Attribute};

/// What the form of a user depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form<'f> {
    pub(crate) mapping: &'f Mapping,
    pub(crate) source: &'f ExternalSource,
    /// The URL of the endpoint, without a slash at the end.
    pub(crate) base: &'f str,
}

impl Form<'_> {
    /// Returns the complete resource.
    pub(crate) fn resource(&self, view: &UserView) -> Document {
        let user = &view.user;
        let mut document = self.writable(user);
        let managed = view.groups.iter().filter(|view| view.group.external_ids.is_managed_by(self.source));
        let groups: Vec<Value> = managed.map(|group| self.group(group)).collect();
        if !groups.is_empty() {
            document.insert("groups".to_owned(), Value::Array(groups));
        }
        document.insert("id".to_owned(), user.uuid.to_string().into());
        let schema = &self.mapping.schema;
        let extensions = schema.extensions.iter().filter(|schema| document.contains_key(schema.urn.as_ref()));
        let urns: Vec<&str> =
            std::iter::once(&schema.core).chain(extensions).map(|it| it.urn.as_ref()).collect();
        document.insert("schemas".to_owned(), json!(urns));
        let location = self.location(user);
        let state = user.revision.0.simple().to_string();
        add_meta(
            &mut document,
            ResourceKind::User,
            &location,
            (&state, true),
            (user.created_at, user.updated_at),
        );
        document
    }

    fn location(&self, user: &User) -> String {
        [self.base, "/Users/", &user.uuid.to_string()].concat()
    }

    /// Returns the writable attributes.
    pub(crate) fn writable(&self, user: &User) -> Document {
        self.writable_part(user, |_, _| true)
    }

    /// Returns the writable attributes for which `selects` returns true, given their extension, and `externalId`.
    pub(crate) fn writable_part(
        &self,
        user: &User,
        selects: impl Fn(Option<&str>, &Attribute) -> bool,
    ) -> Document {
        let mut document = Document::new();
        let mut extensions: Vec<(&str, Document)> = Vec::new();
        if let Some(id) = user.external_ids.identifier(self.source) {
            document.insert("externalId".to_owned(), id.into());
        }
        for (extension, attribute, stored) in self.mapping.entries() {
            if !selects(extension.map(|schema| schema.urn.as_ref()), attribute) {
                continue;
            }
            let Some(value) = value(user, attribute, stored) else { continue };
            let name = attribute.name.to_string();
            match extension {
                None => _ = document.insert(name, value),
                Some(schema) => match extensions.last_mut().filter(|(urn, _)| *urn == schema.urn) {
                    Some((_, members)) => _ = members.insert(name, value),
                    None => extensions.push((&schema.urn, [(name, value)].into_iter().collect())),
                },
            }
        }
        document
            .extend(extensions.into_iter().map(|(urn, members)| (urn.to_owned(), Value::Object(members))));
        document
    }

    fn group(&self, view: &GroupView) -> Value {
        let group = &view.group;
        let id = group.id.to_string();
        let location = [self.base, "/Groups/", &id].concat();
        json!({
            "$ref": location,
            "value": id,
            "display": group.name,
            "type": "direct",
        })
    }
}

/// Returns the value of one attribute.
fn value(user: &User, attribute: &Attribute, stored: Stored<'_>) -> Option<Value> {
    match stored {
        Stored::Username => Some(user.username.as_str().into()),
        Stored::DisplayName => (!user.name.is_empty()).then(|| user.name.as_str().into()),
        Stored::Active => Some(user.is_active.into()),
        Stored::Computed => None,
        Stored::Attribute(key) => canonical(user, key, attribute),
        Stored::Emails(key) => emails(user, canonical(user, key, attribute)),
        Stored::Name(key) => {
            let mut name = derived_name(&user.username, &user.name);
            if let Some(Value::Object(stored)) = canonical(user, key, attribute) {
                name.extend(stored);
            }
            Some(Value::Object(name))
        }
    }
}

/// Returns a stored attribute in its canonical form; `None` if the stored value has another type.
fn canonical(user: &User, key: &str, attribute: &Attribute) -> Option<Value> {
    let stored = user.attributes.get(key)?.clone();
    Normalizer::stored().value(stored, attribute).ok()?
}

/// Returns the components of the name as far as the display name or the username tell them. Given name and family name
/// are never empty.
pub(super) fn derived_name(username: &str, full: &str) -> Map<String, Value> {
    let full = full.trim();
    let basis = if full.is_empty() { username } else { full };
    let (given, family) = basis.rsplit_once(' ').unwrap_or((basis, basis));
    let mut name = Map::new();
    if !full.is_empty() {
        name.insert("formatted".to_owned(), full.into());
    }
    name.insert("givenName".to_owned(), given.trim_end().into());
    name.insert("familyName".to_owned(), family.into());
    name
}

/// Returns the list of addresses. The stored list has the addresses beyond the user's own one.
fn emails(user: &User, stored: Option<Value>) -> Option<Value> {
    let own = || (!user.email.is_empty()).then(|| sole_email(&user.email));
    let Some(Value::Array(mut items)) = stored else { return own() };
    let primary = primary_position(&items);
    if let Some(Value::Object(item)) = primary.and_then(|at| items.get_mut(at)) {
        // The address may have been changed without SCIM.
        if user.email.is_empty() {
            item.remove("value");
        } else {
            item.insert("value".to_owned(), user.email.as_str().into());
        }
    }
    items.retain(|item| item.get("value").is_some());
    if items.is_empty() { own() } else { Some(Value::Array(items)) }
}

/// The list of a user with one address.
pub(super) fn sole_email(address: &str) -> Value {
    json!([{"value": address, "type": "work", "primary": true}])
}

/// Returns the position of the address that is the user's own: the primary one, else the first one for work, else the
/// first one.
pub(super) fn primary_position(items: &[Value]) -> Option<usize> {
    let find = |key: &str, wanted: &Value| items.iter().position(|item| item.get(key) == Some(wanted));
    let first = (!items.is_empty()).then_some(0);
    find("primary", &true.into()).or_else(|| find("type", &"work".into())).or(first)
}
