//! The change of a user between two documents, as operations of the core.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use userbook::{
    User,
    field::{Attributes, EmailAddress, Name, Username},
    json::JsonObject,
    update::{AttributesOp, FieldOps, Mode, Op},
    violation::ViolationKind,
};

use super::{
    Document,
    user::{Form, derived_name, primary_position, sole_email},
};
use crate::{
    error::{ScimError, ScimType},
    mapping::Stored,
    schema::{Attribute, Mutability, Schema},
};

/// The stored values that a change depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis<'b> {
    pub(crate) attributes: &'b Value,
    pub(crate) username: &'b str,
    pub(crate) name: &'b str,
    /// Whether the request has the whole resource.
    pub(crate) replaces: bool,
}

impl Basis<'_> {
    /// A user that does not exist yet.
    pub(crate) fn new_user() -> Self {
        Self { attributes: &Value::Null, username: "", name: "", replaces: true }
    }
}

impl<'b> Basis<'b> {
    /// A stored user. `replaces` says whether the request has the whole resource.
    pub(crate) fn stored(user: &'b User, replaces: bool) -> Self {
        Self { attributes: &user.attributes, username: &user.username, name: &user.name, replaces }
    }
}

/// Returns the operations that change a user, whose document is `before`, into `after`. Attributes that are equal in
/// both, and attributes that only the server writes, stay as they are stored.
pub(crate) fn field_ops(
    form: &Form<'_>,
    basis: Basis<'_>,
    before: &Document,
    after: &Document,
) -> Result<FieldOps, ScimError> {
    let mut ops = FieldOps::new(Mode::Patch);
    let mut attributes = AttributesChange::new(basis.attributes);
    let changed = if basis.replaces { Vec::new() } else { changed_members(before, after) };
    for (extension, attribute, stored) in form.mapping.entries() {
        let name = attribute.name.as_ref();
        let key = extension.map_or(name, |schema| schema.urn.as_ref());
        if attribute.is_read_only() || !basis.replaces && !changed.contains(&key) {
            continue;
        }
        let [old, new] = [before, after].map(|document| container(document, extension)?.get(name));
        let is_changed = old != new;
        if let Stored::Attribute(_) = stored {
            let has_container = container(after, extension).is_some();
            check_definition(attribute, old, new, basis.replaces && has_container)?;
        }
        // A whole resource states the components of the name, which until then may follow from other values.
        if !(is_changed || basis.replaces && matches!(stored, Stored::Name(_))) {
            continue;
        }
        match stored {
            Stored::Username => ops.username = text(new, Username::parse),
            Stored::DisplayName => {
                ops.name = Name::parse(new.and_then(Value::as_str).unwrap_or("")).into();
            }
            // Without a value the state stays.
            Stored::Active => ops.is_active = new.and_then(Value::as_bool).map_or(Op::Keep, Op::Set),
            Stored::Computed => {}
            Stored::Attribute(key) => attributes.set(key, attribute, new.cloned()),
            Stored::Name(key) => attributes.set(key, attribute, stored_name(basis, key, old, new, after)),
            Stored::Emails(key) => set_emails(key, attribute, new.cloned(), &mut ops, &mut attributes),
        }
    }
    let [old, new] = [before, after].map(|document| document.get("externalId").and_then(Value::as_str));
    if old != new {
        ops.external_ids.set(form.source.clone(), new);
    }
    ops.attributes = attributes.into_op();
    Ok(ops)
}

/// Returns the names of members that differ.
fn changed_members<'d>(before: &'d Document, after: &'d Document) -> Vec<&'d str> {
    let removed = before.keys().filter(|name| !after.contains_key(*name));
    let set = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    removed.chain(set.map(|(name, _)| name)).map(String::as_str).collect()
}

/// Returns the object that has the attributes of the core schema, or of an extension.
fn container<'d>(document: &'d Document, extension: Option<&Schema>) -> Option<&'d Document> {
    match extension {
        Some(schema) => document.get(schema.urn.as_ref())?.as_object(),
        None => Some(document),
    }
}

/// Requires that a required attribute keeps a value, and that a value of an immutable attribute does not change. With
/// `replaces`, a required attribute must have a value.
fn check_definition(
    attribute: &Attribute,
    old: Option<&Value>,
    new: Option<&Value>,
    replaces: bool,
) -> Result<(), ScimError> {
    let name = &attribute.name;
    if attribute.required && new.is_none() {
        if replaces {
            return Err(ScimError::invalid_value(format!("{name} is required")));
        }
        if old.is_some() {
            return Err(ScimError::bad_request(ScimType::Mutability, format!("{name} is required")));
        }
    }
    let is_immutable = |it: &Attribute| it.mutability == Mutability::Immutable;
    let changes = |old: Option<&Value>, new: Option<&Value>| old.is_some() && old != new;
    let sub_changes = |sub: &&Attribute| {
        let [old, new] = [old, new].map(|value| value?.get(sub.name.as_ref()));
        is_immutable(sub) && changes(old, new)
    };
    if is_immutable(attribute) && changes(old, new)
        || attribute.sub_attributes().iter().any(|it| sub_changes(&it))
    {
        return Err(ScimError::bad_request(ScimType::Mutability, format!("{name} is immutable")));
    }
    Ok(())
}

/// Reads a required text.
fn text<T>(value: Option<&Value>, parse: impl Fn(&str) -> Result<T, userbook::field::FieldErrors>) -> Op<T> {
    match value.and_then(Value::as_str) {
        Some(text) => parse(text).into(),
        None => ViolationKind::Required.into(),
    }
}

/// The attributes from which components of the name follow.
pub(crate) const NAME_BASIS: [&str; 2] = ["userName", "displayName"];

/// Returns the components of the name to store. A PATCH stores no component that it does not change and that follows
/// from the display name.
fn stored_name(
    basis: Basis<'_>,
    key: &str,
    old: Option<&Value>,
    new: Option<&Value>,
    after: &Document,
) -> Option<Value> {
    let Some(Value::Object(new)) = new else { return None };
    let mut new = new.clone();
    if basis.replaces {
        return Some(Value::Object(new));
    }
    let stored = basis.attributes.get(key);
    let [username, name] = NAME_BASIS.map(|name| after.get(name).and_then(Value::as_str).unwrap_or_default());
    let later = derived_name(username, name);
    for (component, derived) in derived_name(basis.username, basis.name) {
        let is_stored = stored.is_some_and(|name| name.get(&component).is_some());
        let is_kept = old.and_then(|name| name.get(&component)) == new.get(&component);
        let follows = component == "formatted" || later.get(&component) == Some(&derived);
        if is_kept && !is_stored && follows && new.get(&component) == Some(&derived) {
            new.remove(&component);
        }
    }
    (!new.is_empty()).then_some(Value::Object(new))
}

/// The primary address becomes the user's own; a list of more than this address is stored.
fn set_emails(
    key: &str,
    attribute: &Attribute,
    new: Option<Value>,
    ops: &mut FieldOps,
    attributes: &mut AttributesChange<'_>,
) {
    let mut items = match new {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let value = |item: &Value| item.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
    items.retain(|item| !value(item).is_empty());
    let primary = primary_position(&items).and_then(|at| items.get(at));
    let address = primary.map(value).unwrap_or_default();
    ops.email = EmailAddress::parse(&address).into();
    let list = Value::Array(items);
    let is_sole = address.is_empty() || list == sole_email(&address);
    attributes.set(key, attribute, (!is_sole).then_some(list));
}

/// Adds the members of the stored value that clients cannot write: read-only sub-attributes, and members that the
/// schema does not have. Elements of a list are the same if their `value` is.
fn with_hidden(attribute: &Attribute, stored: Option<&Value>, new: Option<Value>) -> Option<Value> {
    if attribute.sub_attributes().is_empty() {
        return new;
    }
    let hidden = |stored: &Value| -> Document {
        let members = stored.as_object().into_iter().flatten();
        let is_hidden = |name: &str| attribute.sub(name).is_none_or(Attribute::is_read_only);
        members
            .filter(|(name, _)| is_hidden(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    match (stored, new) {
        (Some(stored @ Value::Object(_)), Some(Value::Object(mut new))) => {
            new.extend(hidden(stored));
            Some(Value::Object(new))
        }
        (Some(stored @ Value::Object(_)), None) => {
            Some(hidden(stored)).filter(|it| !it.is_empty()).map(Value::Object)
        }
        (Some(Value::Array(stored)), Some(Value::Array(mut new))) => {
            let of = |item: &Value| item.get("value").and_then(Value::as_str).map(str::to_owned);
            let stored: BTreeMap<String, Document> =
                stored.iter().filter_map(|item| Some((of(item)?, hidden(item)))).collect();
            for item in &mut new {
                let more = of(item).and_then(|value| stored.get(&value));
                if let (Value::Object(item), Some(more)) = (item, more) {
                    item.extend(more.clone());
                }
            }
            Some(Value::Array(new))
        }
        (_, new) => new,
    }
}

/// The stored attributes with changed members.
struct AttributesChange<'u> {
    stored: &'u Value,
    changed: Option<JsonObject>,
}

impl<'u> AttributesChange<'u> {
    fn new(stored: &'u Value) -> Self {
        Self { stored, changed: None }
    }

    /// Sets the value of an attribute. What the schema does not show to clients for writing stays as it is stored.
    fn set(&mut self, key: &str, attribute: &Attribute, value: Option<Value>) {
        let value = with_hidden(attribute, self.stored.get(key), value);
        let stored = || self.stored.as_object().cloned().unwrap_or_else(Map::new);
        let members = self.changed.get_or_insert_with(stored);
        match value {
            Some(value) => _ = members.insert(key.to_owned(), value),
            None => _ = members.remove(key),
        }
    }

    /// The change is decided on the stored attributes of the attempt, so replacing them undoes no other change.
    fn into_op(self) -> Op<AttributesOp> {
        match self.changed {
            None => Op::Keep,
            Some(members) => Op::from(Attributes::new(members)).map(AttributesOp::Replace),
        }
    }
}
