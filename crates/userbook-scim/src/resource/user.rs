//! A user as a SCIM resource.

use serde_json::Value;
use userbook::{
    User,
    model::ExternalSource,
    view::{GroupView, UserView},
};
use uuid::Uuid;

use super::{Document, Json, Normalizer, Object, Resource, ResourceKind};
use crate::{Mapping, mapping::Stored, schema::Attribute};

/// What the form of a user depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form<'f> {
    pub(crate) mapping: &'f Mapping,
    pub(crate) source: &'f ExternalSource,
    /// The URL of the endpoint, without a slash at the end.
    pub(crate) base: &'f str,
}

impl<'f> Form<'f> {
    /// Returns the complete resource.
    pub(crate) fn resource<'r>(&self, view: &'r UserView) -> Resource<'r>
    where
        'f: 'r,
    {
        let user = &view.user;
        let mut members = self.members(user, |_, _| true);
        let managed = view.groups.iter().filter(|view| view.group.external_ids.is_managed_by(self.source));
        let groups: Vec<Json<'_>> = managed.map(|group| self.group(group)).collect();
        if !groups.is_empty() {
            members.set("groups", Json::List(groups));
        }
        members.set("id", Json::Id(user.uuid));
        let schema = &self.mapping.schema;
        let extensions = schema.extensions.iter().filter(|schema| members.contains(schema.urn.as_ref()));
        let urns = std::iter::once(&schema.core).chain(extensions).map(|it| it.urn.as_ref().into()).collect();
        members.set("schemas", Json::List(urns));
        let location = [self.base, "/Users/", &user.uuid.to_string()].concat();
        let mut buffer = Uuid::encode_buffer();
        let state = user.revision.0.simple().encode_lower(&mut buffer);
        let dates = (user.created_at, user.updated_at);
        Resource::new(ResourceKind::User, (user.uuid, location), members, (state, true), dates)
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
        self.members(user, selects).into_document()
    }

    fn members<'r>(&self, user: &'r User, selects: impl Fn(Option<&str>, &Attribute) -> bool) -> Object<'r>
    where
        'f: 'r,
    {
        let mut members = Object::with_capacity(16);
        let mut extensions: Vec<(&str, Object<'_>)> = Vec::new();
        if let Some(id) = user.external_ids.identifier(self.source) {
            members.set("externalId", id.into());
        }
        for (extension, attribute, stored) in self.mapping.entries() {
            if !selects(extension.map(|schema| schema.urn.as_ref()), attribute) {
                continue;
            }
            let Some(value) = value(user, attribute, stored) else { continue };
            let name = attribute.name.as_ref();
            match extension {
                None => members.set(name, value),
                Some(schema) => match extensions.last_mut().filter(|(urn, _)| *urn == schema.urn) {
                    Some((_, members)) => members.set(name, value),
                    None => extensions.push((&schema.urn, Object::of([(name, value)]))),
                },
            }
        }
        for (urn, extension) in extensions {
            members.set(urn, Json::Object(extension));
        }
        members
    }

    fn group<'r>(&self, view: &'r GroupView) -> Json<'r> {
        let group = &view.group;
        let location = [self.base, "/Groups/", &group.id.to_string()].concat();
        Json::Object(Object::of([
            ("$ref", location.into()),
            ("value", Json::Id(group.id.0)),
            ("display", group.name.as_str().into()),
            ("type", "direct".into()),
        ]))
    }
}

/// Returns the value of one attribute.
fn value<'u>(user: &'u User, attribute: &'u Attribute, stored: Stored<'_>) -> Option<Json<'u>> {
    match stored {
        Stored::Username => Some(user.username.as_str().into()),
        Stored::DisplayName => (!user.name.is_empty()).then(|| user.name.as_str().into()),
        Stored::Active => Some(Json::Flag(user.is_active)),
        Stored::Computed => None,
        Stored::Attribute(key) => canonical(user, key, attribute).map(Json::Stored),
        Stored::Emails(key) => emails(user, canonical(user, key, attribute)),
        Stored::Name(key) => {
            let mut name = Object::with_capacity(3);
            for (component, text) in derived_name(&user.username, &user.name) {
                name.set(component, text.into());
            }
            if let Some(Value::Object(stored)) = canonical(user, key, attribute) {
                for (component, value) in stored {
                    name.set(component, Json::Stored(value));
                }
            }
            Some(Json::Object(name))
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
pub(super) fn derived_name<'n>(
    username: &'n str,
    full: &'n str,
) -> impl Iterator<Item = (&'static str, &'n str)> {
    let full = full.trim();
    let basis = if full.is_empty() { username } else { full };
    let (given, family) = basis.rsplit_once(' ').unwrap_or((basis, basis));
    let formatted = (!full.is_empty()).then_some(("formatted", full));
    formatted.into_iter().chain([("givenName", given.trim_end()), ("familyName", family)])
}

/// Returns the list of addresses. The stored list has the addresses beyond the user's own one.
fn emails(user: &User, stored: Option<Value>) -> Option<Json<'_>> {
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
    if items.is_empty() { own() } else { Some(Json::Stored(Value::Array(items))) }
}

/// The list of a user with one address.
pub(super) fn sole_email(address: &str) -> Json<'_> {
    let email = [("value", address.into()), ("type", "work".into()), ("primary", Json::Flag(true))];
    Json::List(vec![Json::Object(Object::of(email))])
}

/// Returns the position of the address that is the user's own: the primary one, else the first one for work, else the
/// first one.
pub(super) fn primary_position(items: &[Value]) -> Option<usize> {
    let find = |key: &str, wanted: &Value| items.iter().position(|item| item.get(key) == Some(wanted));
    let first = (!items.is_empty()).then_some(0);
    find("primary", &true.into()).or_else(|| find("type", &"work".into())).or(first)
}
