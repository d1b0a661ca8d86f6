//! The user as a JSON document, as in a GET response.

use std::{borrow::Cow, cell::OnceCell, collections::BTreeMap, fmt};

use serde_json::Value;

use super::ReadOnlyMembers;
use crate::{
    json::{JsonObject, SharedJson, equal_by_value, identical},
    model::{ExternalIds, ExternalSource, GroupGraph, GroupId, User, timestamp_text},
    view::UserView,
    violation::Field,
};

/// The stored values, and what the caller may view.
#[derive(Clone, Copy)]
pub(in crate::update) struct Stored<'a> {
    pub(in crate::update) user: &'a User,
    /// The user's groups and their ancestors.
    pub(in crate::update) groups: &'a GroupGraph,
    /// The groups that the caller may view.
    pub(in crate::update) shows_group: &'a dyn Fn(GroupId) -> bool,
}

impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("user", &self.user.id).finish_non_exhaustive()
    }
}

/// The user as a document. Members are read when an operation names them, and copied when an operation writes to them,
/// so that a patch without attributes does not copy them.
#[derive(Debug)]
pub(super) struct Document<'a> {
    stored: Stored<'a>,
    read_only: Option<&'a ReadOnlyMembers>,
    rendered: OnceCell<JsonObject>,
    members: BTreeMap<Field, Slot>,
}

/// A member that an operation named.
#[derive(Debug)]
struct Slot {
    value: Option<SharedJson>,
    is_written: bool,
}

/// The effect of the patch on a member.
#[derive(Debug)]
pub(super) enum Member {
    /// The member has the stored representation.
    Kept,
    /// The member is absent.
    Removed,
    /// The member has another value.
    Changed(Value),
}

/// The read-only members that the core knows.
const READ_ONLY: [&str; 4] = ["pk", "is_superuser", "uuid", "password_change_date"];

/// Returns the writable field with this JSON name.
pub(super) fn writable(name: &str) -> Option<Field> {
    Field::DOCUMENT.into_iter().find(|field| field.as_str() == name)
}

/// Returns a stored field in its JSON form.
pub(crate) fn stored_field(user: &User, field: Field) -> SharedJson {
    let text = |text: &str| Value::String(text.to_owned());
    let value = match field {
        Field::Username => text(&user.username),
        Field::Name => text(&user.name),
        Field::IsActive => Value::Bool(user.is_active),
        Field::LastLogin => {
            user.last_login.map_or(Value::Null, |moment| Value::String(timestamp_text(moment)))
        }
        Field::Groups => user.groups.iter().map(|group| Value::String(group.to_string())).collect(),
        Field::Email => text(&user.email),
        Field::Attributes => return user.attributes.clone(),
        Field::Path => text(&user.path),
        Field::Type => text(user.user_type.as_str()),
        Field::ExternalIds => external_ids_json(&user.external_ids),
    };
    value.into()
}

/// Returns external ids in their JSON form; null if no source manages the object.
pub(crate) fn external_ids_json(ids: &ExternalIds) -> Value {
    if ids.is_empty() {
        return Value::Null;
    }
    let member =
        |(source, identifier): (&ExternalSource, Option<&str>)| (source.to_string(), identifier.into());
    Value::Object(ids.iter().map(member).collect())
}

impl<'a> Document<'a> {
    pub(super) fn new(stored: Stored<'a>, read_only: Option<&'a ReadOnlyMembers>) -> Self {
        Self { stored, read_only, rendered: OnceCell::new(), members: BTreeMap::new() }
    }

    /// Returns the value of a writable member, unless an operation removed it.
    pub(super) fn get(&mut self, field: Field) -> Option<&Value> {
        self.slot(field).value.as_deref()
    }

    /// Returns the value for writing.
    pub(super) fn get_mut(&mut self, field: Field) -> Option<&mut Value> {
        let slot = self.slot(field);
        slot.is_written = true;
        slot.value.as_mut().map(SharedJson::make_mut)
    }

    /// Sets or removes a writable member; returns the previous value.
    pub(super) fn set(&mut self, field: Field, value: Option<Value>) -> Option<SharedJson> {
        let slot = self.slot(field);
        slot.is_written = true;
        std::mem::replace(&mut slot.value, value.map(SharedJson::from))
    }

    /// Returns the effect of the patch on a writable member, and removes the member from the document.
    pub(super) fn take(&mut self, field: Field) -> Member {
        match self.members.remove(&field) {
            Some(Slot { value: Some(value), is_written: true }) => {
                if identical(&stored_field(self.stored.user, field), &value) {
                    Member::Kept
                } else {
                    Member::Changed(value.into_value())
                }
            }
            Some(Slot { value: None, .. }) => Member::Removed,
            Some(Slot { is_written: false, .. }) | None => Member::Kept,
        }
    }

    /// Returns a read-only member that the core knows.
    pub(super) fn read_only(&self, name: &str) -> Option<Value> {
        let Stored { user, groups, .. } = self.stored;
        match name {
            "pk" => Some(user.id.0.into()),
            "is_superuser" => Some(groups.grants_superuser(&user.groups).into()),
            "uuid" => Some(user.uuid.to_string().into()),
            "password_change_date" => Some(timestamp_text(user.password_change_date).into()),
            _ => None,
        }
    }

    /// Returns whether a read-only member has this value behind `rest`.
    pub(super) fn read_only_equals(&self, name: &str, rest: &str, expected: &Value) -> bool {
        let member = self.read_only(name).map(Cow::Owned);
        let member = member.or_else(|| self.rendered().get(name).map(Cow::Borrowed));
        let value = member.as_ref().and_then(|member| member.pointer(rest));
        value.is_some_and(|value| equal_by_value(value, expected))
    }

    /// Returns whether the whole document has this value.
    pub(super) fn equals(&mut self, expected: &Value) -> bool {
        let Value::Object(expected) = expected else { return false };
        let is_extra = |name: &&String| writable(name).is_none() && !READ_ONLY.contains(&name.as_str());
        let extra = self.rendered().keys().filter(is_extra).count();
        let present = Field::DOCUMENT.into_iter().filter(|field| self.get(*field).is_some()).count();
        expected.len() == present + READ_ONLY.len() + extra
            && expected.iter().all(|(name, value)| match writable(name) {
                Some(field) => self.get(field).is_some_and(|member| equal_by_value(member, value)),
                None => self.read_only_equals(name, "", value),
            })
    }

    fn rendered(&self) -> &JsonObject {
        self.rendered.get_or_init(|| match self.read_only {
            Some(read_only) => {
                let Stored { user, groups, shows_group } = self.stored;
                read_only.render(&UserView::with_groups(user.clone(), groups, shows_group))
            }
            None => JsonObject::new(),
        })
    }

    fn slot(&mut self, field: Field) -> &mut Slot {
        let user = self.stored.user;
        let stored = || Slot { value: Some(stored_field(user, field)), is_written: false };
        self.members.entry(field).or_insert_with(stored)
    }
}
