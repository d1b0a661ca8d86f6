//! The writable fields as one JSON document, for JSON Patch.

use std::str::FromStr;

use json_patch::{Patch, PatchOperation};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{AttributesOp, FieldOps, GroupsOp, Mode, Op, json_eq, json_patch_limits::Budget};
use crate::{
    Attributes, FieldErrors, GroupId, GroupRef, Memberships, User, UserType, ViolationKind,
    decide::user_fields, parse_timestamp,
};

/// A JSON Patch that cannot be applied to what is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchFailure {
    /// A `test` did not hold.
    #[error("operation {operation}: the test at {path:?} failed")]
    TestFailed {
        /// Which operation, counted from 0.
        operation: usize,
        /// Its path, a JSON pointer.
        path: String,
    },
    /// An operation names a place that is not there.
    #[error("operation {operation} can't be applied at {path:?}")]
    Inapplicable {
        /// Which operation, counted from 0.
        operation: usize,
        /// Its path, a JSON pointer.
        path: String,
    },
    /// The operations do more than is allowed.
    #[error("the patch does more than is allowed")]
    TooLarge,
}

/// The writable fields under their names on the wire.
fn to_document(user: &User) -> Map<String, Value> {
    let fields = user_fields(user);
    let mut document: Map<_, _> = fields.map(|(name, value)| (name.to_owned(), value.into_value())).collect();
    let groups = user.groups.iter().map(|group| Value::String(group.to_string())).collect();
    document.insert("groups".to_owned(), Value::Array(groups));
    document
}

/// What the patch wants each field to become, given what is stored now. Fields that come out as they went in are
/// kept, so that a stored value which breaks a rule of today does not stand in the way.
pub(crate) fn patched(user: &User, patch: &Patch) -> Result<FieldOps, PatchFailure> {
    let before = to_document(user);
    let mut document = Value::Object(before.clone());
    let mut budget = Budget::new();
    for (operation, step) in patch.0.iter().enumerate() {
        let at = || step.path().to_string();
        budget.admit(&document, step).map_err(|_| PatchFailure::TooLarge)?;
        json_patch::patch(&mut document, std::slice::from_ref(step)).map_err(|_| match step {
            // A test of what is not there does not hold either.
            PatchOperation::Test(_) => PatchFailure::TestFailed { operation, path: at() },
            _ => PatchFailure::Inapplicable { operation, path: at() },
        })?;
    }
    let Value::Object(mut after) = document else {
        return Err(PatchFailure::Inapplicable { operation: 0, path: String::new() });
    };
    Ok(read(&before, &mut after))
}

/// Reads the patched document strictly: no leniency of the wire's applies to it.
fn read(before: &Map<String, Value>, after: &mut Map<String, Value>) -> FieldOps {
    let mut changed = |name: &str| match (before.get(name), after.remove(name)) {
        (Some(old), Some(new)) if json_eq(old, &new) => Change::Kept,
        (_, Some(new)) => Change::Set(new),
        (_, None) => Change::Removed,
    };
    FieldOps {
        mode: Mode::Patch,
        username: op(changed("username"), |value| text(value)?.try_into()),
        name: op(changed("name"), |value| text(value)?.try_into()),
        is_active: op(changed("is_active"), |value| {
            Ok(value.as_bool().ok_or(ViolationKind::InvalidBoolean)?)
        }),
        last_login: match changed("last_login") {
            // The one field that may be empty: to remove it is to clear it.
            Change::Removed => Op::Null,
            changed => op(changed, |value| {
                let moment = value.as_str().and_then(parse_timestamp);
                Ok(moment.ok_or(ViolationKind::InvalidDateTime)?)
            }),
        },
        groups: op(changed("groups"), memberships).map(GroupsOp::Replace),
        email: op(changed("email"), |value| text(value)?.try_into()),
        attributes: op(changed("attributes"), Attributes::try_from).map(AttributesOp::Replace),
        path: op(changed("path"), |value| text(value)?.try_into()),
        user_type: op(changed("type"), |value| {
            let input = text(value)?;
            UserType::from_str(&input).map_err(|_| ViolationKind::InvalidChoice { input }.into())
        }),
    }
}

/// What the patch did to a member of the document.
#[derive(Debug)]
enum Change {
    Kept,
    Removed,
    Set(Value),
}

fn op<T>(changed: Change, parse: impl FnOnce(Value) -> Result<T, FieldErrors>) -> Op<T> {
    match changed {
        Change::Kept => Op::Keep,
        Change::Removed => ViolationKind::Required.into(),
        Change::Set(Value::Null) => Op::Null,
        Change::Set(value) => parse(value).into(),
    }
}

fn text(value: Value) -> Result<String, FieldErrors> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ViolationKind::InvalidString.into()),
    }
}

fn memberships(value: Value) -> Result<Memberships, FieldErrors> {
    let Value::Array(elements) = value else {
        return Err(ViolationKind::NotAList { input_type: json_type(&value) }.into());
    };
    Ok(Memberships::collect(elements.into_iter().map(|element| match element {
        Value::String(sent) => match Uuid::try_parse(&sent) {
            Ok(id) => Ok(GroupRef { id: GroupId(id), sent: Some(sent) }),
            Err(_) => Err(ViolationKind::InvalidUuid { value: sent }),
        },
        other => Err(ViolationKind::IncorrectType { input_type: json_type(&other) }),
    })))
}

/// What authentik calls the type of a JSON value.
pub fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChangeId, JsonObject, Revision, UserId};
    use serde_json::json;

    fn user() -> User {
        User {
            id: UserId(1),
            uuid: Uuid::nil(),
            username: "ada".into(),
            name: "Ada".into(),
            email: "odd".into(),
            is_active: true,
            last_login: parse_timestamp("2024-01-02T03:04:05.000006Z"),
            path: "/odd/".into(),
            user_type: UserType::Internal,
            attributes: json!({"a": {"b": 1}}).into(),
            groups: [GroupId(Uuid::from_u128(7))].into(),
            password_change_date: parse_timestamp("2024-01-02T03:04:05Z").unwrap(),
            revision: Revision::from(ChangeId(Uuid::nil())),
            version: 1,
        }
    }

    fn apply(patch: Value) -> Result<FieldOps, PatchFailure> {
        patched(&user(), &serde_json::from_value(patch).unwrap())
    }

    #[test]
    fn what_comes_out_as_it_went_in_is_kept() {
        let kept = FieldOps::new(Mode::Patch);
        for patch in [
            json!([]),
            json!([{"op": "test", "path": "/path", "value": "/odd/"}]),
            json!([{"op": "replace", "path": "/email", "value": "odd"}]),
            json!([{"op": "replace", "path": "/attributes/a/b", "value": 1.0}]),
            json!([{"op": "add", "path": "/is_superuser", "value": true}]),
        ] {
            assert_eq!(apply(patch.clone()), Ok(kept.clone()), "{patch}");
        }
    }

    #[test]
    fn changes_are_read_strictly() {
        let ops = apply(json!([
            {"op": "replace", "path": "/username", "value": 7},
            {"op": "remove", "path": "/name"},
            {"op": "replace", "path": "/is_active", "value": "yes"},
            {"op": "remove", "path": "/last_login"},
            {"op": "add", "path": "/groups/-", "value": "00000000-0000-0000-0000-000000000008"},
            {"op": "add", "path": "/attributes/c", "value": [1]},
            {"op": "replace", "path": "/path", "value": null},
            {"op": "replace", "path": "/type", "value": "robot"},
        ]))
        .unwrap();
        assert_eq!(ops.username, ViolationKind::InvalidString.into());
        assert_eq!(ops.name, ViolationKind::Required.into());
        assert_eq!(ops.is_active, ViolationKind::InvalidBoolean.into());
        assert_eq!(ops.last_login, Op::Null);
        assert!(matches!(&ops.groups, Op::Set(groups) if groups.named().len() == 2));
        let attributes: JsonObject = json!({"a": {"b": 1}, "c": [1]}).as_object().cloned().unwrap();
        assert_eq!(ops.attributes, Op::Set(AttributesOp::Replace(Attributes::new(attributes).unwrap())));
        assert_eq!(ops.email, Op::Keep);
        assert_eq!(ops.path, Op::Null);
        assert_eq!(ops.user_type, ViolationKind::InvalidChoice { input: "robot".into() }.into());
    }

    #[test]
    fn failures_say_where() {
        for (patch, expected) in [
            (
                json!([{"op": "test", "path": "/name", "value": "Ada"}, {"op": "test", "path": "/name", "value": 1}]),
                PatchFailure::TestFailed { operation: 1, path: "/name".into() },
            ),
            (
                json!([{"op": "remove", "path": "/attributes/x"}]),
                PatchFailure::Inapplicable { operation: 0, path: "/attributes/x".into() },
            ),
            (
                json!([{"op": "replace", "path": "", "value": 1}]),
                PatchFailure::Inapplicable { operation: 0, path: String::new() },
            ),
        ] {
            assert_eq!(apply(patch).unwrap_err(), expected);
        }
    }

    #[test]
    fn copies_cannot_grow_without_bound() {
        let doubling: Vec<Value> = (0..60)
            .map(|n| json!({"op": "copy", "from": "/attributes", "path": format!("/attributes/{n}")}))
            .collect();
        assert_eq!(apply(Value::Array(doubling)).unwrap_err(), PatchFailure::TooLarge);
        let wide: Vec<Value> = (0..60)
            .map(|n| json!({"op": "copy", "from": "/groups", "path": format!("/attributes/{n}")}))
            .collect();
        assert!(apply(Value::Array(wide)).is_ok());
    }
}
