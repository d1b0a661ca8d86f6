//! The change of a user between two documents, as operations of the core.

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
use crate::mapping::Stored;

/// The stored values that a change depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis<'b> {
    pub(crate) attributes: &'b Value,
    pub(crate) username: &'b str,
    pub(crate) name: &'b str,
}

impl Basis<'_> {
    /// A user that does not exist yet.
    pub(crate) fn new_user() -> Self {
        Self { attributes: &Value::Null, username: "", name: "" }
    }
}

impl<'b> From<&'b User> for Basis<'b> {
    fn from(user: &'b User) -> Self {
        Self { attributes: &user.attributes, username: &user.username, name: &user.name }
    }
}

/// Returns the operations that change a user, whose document is `before`, into `after`. Attributes that are equal in both
/// stay as they are stored.
pub(crate) fn field_ops(form: &Form<'_>, basis: Basis<'_>, before: &Document, after: &Document) -> FieldOps {
    let mut ops = FieldOps::new(Mode::Patch);
    let mut attributes = AttributesChange::new(basis.attributes);
    for (extension, attribute, stored) in form.mapping.entries() {
        let name = attribute.name.as_ref();
        let of = |document: &'_ Document| -> Option<Value> {
            let container = match extension {
                Some(schema) => document.get(schema.urn.as_ref())?.as_object()?,
                None => document,
            };
            container.get(name).cloned()
        };
        let (old, new) = (of(before), of(after));
        if old == new {
            continue;
        }
        match stored {
            Stored::Username => ops.username = text(new.as_ref(), Username::parse),
            Stored::DisplayName => {
                ops.name = Name::parse(new.as_ref().and_then(Value::as_str).unwrap_or("")).into();
            }
            // Without a value the state stays.
            Stored::Active => ops.is_active = new.and_then(|it| it.as_bool()).map_or(Op::Keep, Op::Set),
            Stored::Computed => {}
            Stored::Attribute(key) => attributes.set(key, new),
            Stored::Name(key) => attributes.set(key, stored_name(basis, key, old, new)),
            Stored::Emails(key) => set_emails(key, new, &mut ops, &mut attributes),
        }
    }
    let id = |document: &Document| document.get("externalId").and_then(Value::as_str).map(str::to_owned);
    let (old, new) = (id(before), id(after));
    if old != new {
        ops.external_ids.set(form.source.clone(), new.as_deref());
    }
    ops.attributes = attributes.into_op();
    ops
}

/// Reads a required text.
fn text<T>(value: Option<&Value>, parse: impl Fn(&str) -> Result<T, userbook::field::FieldErrors>) -> Op<T> {
    match value.and_then(Value::as_str) {
        Some(text) => parse(text).into(),
        None => ViolationKind::Required.into(),
    }
}

/// Returns the components of the name to store: without those that follow from the display name.
fn stored_name(basis: Basis<'_>, key: &str, old: Option<Value>, new: Option<Value>) -> Option<Value> {
    let Some(Value::Object(mut new)) = new else { return None };
    let stored = basis.attributes.get(key);
    let old = old.unwrap_or_default();
    for (component, derived) in derived_name(basis.username, basis.name) {
        let is_stored = stored.is_some_and(|name| name.get(&component).is_some());
        let is_kept = old.get(&component) == new.get(&component);
        if is_kept && !is_stored && new.get(&component) == Some(&derived) {
            new.remove(&component);
        }
    }
    (!new.is_empty()).then_some(Value::Object(new))
}

/// The primary address becomes the user's own; a list of more than this address is stored.
fn set_emails(key: &str, new: Option<Value>, ops: &mut FieldOps, attributes: &mut AttributesChange<'_>) {
    let items = match new {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let primary = primary_position(&items).and_then(|at| items.get(at));
    let address = primary.and_then(|item| item.get("value")).and_then(Value::as_str).unwrap_or("").to_owned();
    ops.email = EmailAddress::parse(&address).into();
    let list = Value::Array(items);
    let is_sole = list == sole_email(&address) || address.is_empty();
    attributes.set(key, (!is_sole).then_some(list));
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

    fn set(&mut self, key: &str, value: Option<Value>) {
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
