//! Reads the fields of a group in a JSON object.

use serde_json::Value;
use userbook::{
    JsonObject, UserId,
    field::{GroupRef, Members, Reference},
    update::{GroupUpdate, Mode, Op, UsersOp, json_type},
    violation::{GroupField, ViolationKind},
};

use crate::Release;

use super::{IntegerFault, boolean::boolean, fields::text, groups::group, integer, python_repr::python_repr};

/// The field of 2026.8 in place of `parent`.
pub(crate) const PARENTS: &str = "parents";

/// The fields of a group.
const GROUP_FIELDS: [GroupField; 6] = [
    GroupField::Name,
    GroupField::IsSuperuser,
    GroupField::Parent,
    GroupField::Users,
    GroupField::Attributes,
    GroupField::Roles,
];

/// Returns the field with this name.
pub(crate) fn group_field(key: &str, release: Release) -> Option<GroupField> {
    GROUP_FIELDS.into_iter().find(|field| match field {
        GroupField::Parent if release.is_2026_8() => key == PARENTS,
        field => field.as_str() == key,
    })
}

/// Returns the operation on each field. Unknown and read-only members are ignored with any value.
pub(crate) fn group_ops(
    members: impl IntoIterator<Item = (String, Value)>,
    mode: Mode,
    release: Release,
) -> GroupUpdate {
    let mut update = GroupUpdate::new(mode);
    for (key, value) in members {
        match group_field(&key, release) {
            Some(GroupField::Name) => {
                update.name = op(value, |value| text(value, ViolationKind::InvalidString));
            }
            Some(GroupField::IsSuperuser) => {
                update.is_superuser = op(value, |value| {
                    boolean(&value).map_or_else(|| ViolationKind::InvalidBoolean.into(), Op::Set)
                });
            }
            Some(GroupField::Parent) if release.is_2026_8() => update.parent = parents(value),
            Some(GroupField::Parent) => update.parent = op(value, parent),
            Some(GroupField::Users) => update.users = op(value, users),
            Some(GroupField::Attributes) => update.attributes = op(value, Op::parse),
            Some(GroupField::Roles) => update.roles = op(value, |value| roles(&value)),
            // External ids are not part of authentik's group.
            Some(GroupField::ExternalIds) | None => {}
        }
    }
    update
}

fn op<T>(sent: Value, read: impl FnOnce(Value) -> Op<T>) -> Op<T> {
    if sent.is_null() { Op::Null } else { read(sent) }
}

/// As recorded, an empty text is no parent.
fn parent(value: Value) -> Op<GroupRef> {
    if value.as_str() == Some("") {
        return Op::Null;
    }
    match group(value) {
        Ok(parent) => Op::Set(parent),
        Err(kind) => kind.into(),
    }
}

/// A list of at most one group. A group with several parents is refused.
fn parents(value: Value) -> Op<GroupRef> {
    let Value::Array(elements) = value else {
        return match value {
            Value::Null => ViolationKind::Null.into(),
            other => ViolationKind::NotAList { input_type: json_type(&other) }.into(),
        };
    };
    let mut parent: Option<GroupRef> = None;
    for element in elements {
        match group(element) {
            Ok(another) if parent.as_ref().is_none_or(|known| known.id == another.id) => {
                parent = Some(another);
            }
            Ok(_) => return several_parents().into(),
            Err(kind) => return kind.into(),
        }
    }
    parent.map_or(Op::Null, Op::Set)
}

fn several_parents() -> ViolationKind {
    let message = "A group has at most one parent.".to_owned();
    let params = JsonObject::from_iter([("limit".to_owned(), 1.into())]);
    ViolationKind::Custom { code: "too_many_parents".to_owned(), message, params }
}

fn users(value: Value) -> Op<UsersOp> {
    match value {
        Value::Array(elements) => Op::Set(Members::collect(elements.iter().map(user)).into()),
        other => ViolationKind::NotAList { input_type: json_type(&other) }.into(),
    }
}

/// A number, or a text of digits.
fn user(element: &Value) -> Result<Reference<UserId>, ViolationKind> {
    let incorrect = || ViolationKind::IncorrectType { input_type: json_type(element) };
    // Unlike a number, a text has no fraction.
    if element.as_str().is_some_and(|text| text.contains('.')) {
        return Err(incorrect());
    }
    match integer(element) {
        Ok(id) => Ok(Reference { id: UserId(id), sent: Some(python_repr(element)) }),
        Err(IntegerFault::Null | IntegerFault::OutOfRange) => {
            Err(ViolationKind::DoesNotExist { pk: python_repr(element) })
        }
        Err(IntegerFault::NoInteger) => Err(incorrect()),
    }
}

/// No role exists, so the first element is invalid.
pub(crate) fn roles(value: &Value) -> Op<()> {
    let Value::Array(elements) = value else {
        return ViolationKind::NotAList { input_type: json_type(value) }.into();
    };
    match elements.first().map(|element| group(element.clone())) {
        None => Op::Set(()),
        Some(Ok(role)) => ViolationKind::DoesNotExist { pk: role.sent.unwrap_or_default() }.into(),
        Some(Err(kind)) => kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ops(body: Value) -> GroupUpdate {
        match body {
            Value::Object(object) => group_ops(object, Mode::Patch, Release::V2025_2),
            _ => panic!("no object"),
        }
    }

    #[test]
    fn absent_null_and_value_are_distinct() {
        assert_eq!(ops(json!({"pk": "x", "num_pk": 1, "users_obj": 3})), GroupUpdate::new(Mode::Patch));
        let nulls = ops(json!({"name": null, "parent": null, "users": null, "roles": null}));
        assert_eq!((nulls.name, nulls.parent, nulls.users), (Op::Null, Op::Null, Op::Null));
        assert_eq!((nulls.roles, nulls.attributes), (Op::Null, Op::Keep));
        assert_eq!(ops(json!({"parent": ""})).parent, Op::Null);
        assert_eq!(ops(json!({"roles": []})).roles, Op::Set(()));
    }

    #[test]
    fn members_are_numbers_or_digits() {
        let sent = |id: i64, sent: &str| Ok(Reference { id: UserId(id), sent: Some(sent.to_owned()) });
        let incorrect = |input_type| Err(ViolationKind::IncorrectType { input_type });
        let missing = |pk: &str| Err(ViolationKind::DoesNotExist { pk: pk.to_owned() });
        for (element, expected) in [
            (json!(7), sent(7, "7")),
            (json!("7"), sent(7, "7")),
            (json!(" 07 "), sent(7, " 07 ")),
            (json!(7.0), sent(7, "7.0")),
            (json!(-7), sent(-7, "-7")),
            (json!(1.5), incorrect("float")),
            (json!("7.0"), incorrect("str")),
            (json!("abc"), incorrect("str")),
            (json!(""), incorrect("str")),
            (json!(true), incorrect("bool")),
            (json!([7]), incorrect("list")),
            (json!({}), incorrect("dict")),
            (json!(null), missing("None")),
            (json!("99999999999999999999"), missing("99999999999999999999")),
        ] {
            let expected = Op::Set(Members::collect([expected]).into());
            assert_eq!(ops(json!({"users": [element]})).users, expected, "{element}");
        }
        for (value, input_type) in [(json!("abc"), "str"), (json!({}), "dict"), (json!(7), "int")] {
            assert_eq!(ops(json!({"users": value})).users, ViolationKind::NotAList { input_type }.into());
        }
    }

    #[test]
    fn parents_are_a_list_of_at_most_one_under_2026_8() {
        let id = "ec09df47-3fd8-53cd-9f7a-434cd99e5796";
        let other = "00000000-0000-4000-8000-000000000001";
        let sent = group(json!(id)).unwrap();
        for (body, expected) in [
            (json!({"parents": []}), Op::Null),
            (json!({"parents": [id]}), Op::Set(sent.clone())),
            (json!({"parents": [id, id]}), Op::Set(sent)),
            (json!({"parents": [id, other]}), several_parents().into()),
            (json!({"parents": null}), ViolationKind::Null.into()),
            (json!({"parents": id}), ViolationKind::NotAList { input_type: "str" }.into()),
            (json!({"parents": ["x", id]}), ViolationKind::InvalidUuid { value: "x".into() }.into()),
            (json!({"parent": id}), Op::Keep),
            (json!({}), Op::Keep),
        ] {
            let Value::Object(object) = body.clone() else { panic!("no object") };
            assert_eq!(group_ops(object.clone(), Mode::Patch, Release::V2026_8).parent, expected, "{body}");
            if object.contains_key(PARENTS) {
                assert_eq!(group_ops(object, Mode::Patch, Release::V2025_2).parent, Op::Keep, "{body}");
            }
        }
    }

    #[test]
    fn no_role_exists() {
        let id = "ec09df47-3fd8-53cd-9f7a-434cd99e5796";
        for (value, expected) in [
            (json!([id]), ViolationKind::DoesNotExist { pk: id.into() }),
            (json!(["x", id]), ViolationKind::InvalidUuid { value: "x".into() }),
            (json!([true]), ViolationKind::IncorrectType { input_type: "bool" }),
            (json!("x"), ViolationKind::NotAList { input_type: "str" }),
        ] {
            assert_eq!(ops(json!({"roles": value})).roles, expected.into());
        }
    }
}
