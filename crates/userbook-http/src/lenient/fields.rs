//! Reads the fields of a JSON object.

use serde_json::Value;
use userbook::{
    Field, Timestamp, UserType,
    field::FieldErrors,
    update::{AttributesOp, FieldOps, GroupsOp, Mode, Op},
    violation::ViolationKind,
};

use super::{
    boolean::boolean,
    datetime::{DateTimeFault, parse_datetime},
    groups::groups,
    number::number_text,
    python_repr::python_repr,
};

/// The meaning of an object in `attributes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attributes {
    /// The object replaces the stored attributes.
    Replace,
    /// The object is merged into the stored attributes (RFC 7396).
    Merge,
}

/// Returns the operation on each field. The last of repeated members counts. Unknown and read-only members are ignored
/// with any value.
pub(crate) fn field_ops<K: AsRef<str>>(
    members: impl IntoIterator<Item = (K, Value)>,
    mode: Mode,
    attributes: Attributes,
) -> FieldOps {
    let mut ops = FieldOps::new(mode);
    for (key, value) in members {
        let Some(field) = Field::DOCUMENT.into_iter().find(|field| field.as_str() == key.as_ref()) else {
            continue;
        };
        match field {
            Field::Username => ops.username = op(value, |value| text(value, ViolationKind::InvalidString)),
            Field::Name => ops.name = op(value, |value| text(value, ViolationKind::InvalidString)),
            Field::IsActive => {
                ops.is_active = op(value, |value| {
                    boolean(&value).map_or_else(|| ViolationKind::InvalidBoolean.into(), Op::Set)
                });
            }
            Field::LastLogin => ops.last_login = op(value, |value| moment(&value)),
            Field::Groups => ops.groups = op(value, groups).map(GroupsOp::Replace),
            Field::Email => ops.email = op(value, |value| text(value, ViolationKind::InvalidEmail)),
            Field::Attributes => {
                ops.attributes = op(value, |value| match (value, attributes) {
                    (patch @ Value::Object(_), Attributes::Merge) => Op::Set(AttributesOp::Merge(patch)),
                    (value, _) => Op::parse(value).map(AttributesOp::Replace),
                });
            }
            Field::Path => ops.path = op(value, |value| text(value, ViolationKind::InvalidString)),
            Field::Type => ops.user_type = op(value, user_type),
            // Not part of authentik's user.
            Field::ExternalIds => {}
        }
    }
    ops
}

fn op<T>(sent: Value, read: impl FnOnce(Value) -> Op<T>) -> Op<T> {
    if sent.is_null() { Op::Null } else { read(sent) }
}

/// Reads a text, or a number as text; other values give `otherwise`.
pub(super) fn text<T: TryFrom<String, Error = FieldErrors>>(value: Value, otherwise: ViolationKind) -> Op<T> {
    match value {
        Value::String(text) => Op::parse(text),
        Value::Number(number) => Op::parse(number_text(&number)),
        _ => otherwise.into(),
    }
}

fn moment(value: &Value) -> Op<Timestamp> {
    match value.as_str().map(parse_datetime) {
        Some(Ok(moment)) => Op::Set(moment),
        Some(Err(DateTimeFault::OutOfRange)) => ViolationKind::DateTimeOverflow.into(),
        Some(Err(DateTimeFault::WrongFormat)) | None => ViolationKind::InvalidDateTime.into(),
    }
}

fn user_type(value: Value) -> Op<UserType> {
    let input = match value {
        Value::String(text) => text,
        other => python_repr(&other),
    };
    match input.parse() {
        Ok(user_type) => Op::Set(user_type),
        Err(_) => ViolationKind::InvalidChoice { input }.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use userbook::{JsonObject, model::parse_timestamp};

    use super::*;

    fn ops(body: Value) -> FieldOps {
        match body {
            Value::Object(object) => field_ops(object, Mode::Patch, Attributes::Replace),
            _ => panic!("no object"),
        }
    }

    #[test]
    fn absent_null_and_value_are_distinct() {
        assert_eq!(ops(json!({"pk": 1, "uid": null, "x": []})), FieldOps::new(Mode::Patch));
        let nulls = ops(json!({"name": null, "last_login": null, "groups": null, "attributes": null}));
        assert_eq!((&nulls.name, &nulls.last_login), (&Op::Null, &Op::Null));
        assert_eq!((&nulls.groups, &nulls.attributes), (&Op::Null, &Op::Null));
        assert_eq!(nulls.username, Op::Keep);
    }

    #[test]
    fn numbers_are_accepted_as_text_and_other_values_are_not() {
        for (value, expected) in [
            (json!("  ann "), Op::parse("ann")),
            (json!(42), Op::parse("42")),
            (json!(1.0), Op::parse("1.0")),
            (json!(true), ViolationKind::InvalidString.into()),
            (json!([]), ViolationKind::InvalidString.into()),
            (json!({}), ViolationKind::InvalidString.into()),
            (json!(""), ViolationKind::Blank.into()),
        ] {
            assert_eq!(ops(json!({"username": value})).username, expected, "{value}");
        }
        for value in [json!(5), json!(true), json!(["a@b.co"]), json!({})] {
            assert_eq!(ops(json!({"email": value})).email, ViolationKind::InvalidEmail.into(), "{value}");
        }
    }

    #[test]
    fn moments_and_booleans() {
        for (value, expected) in [
            (json!("2024-5-1T1:2Z"), Op::Set(parse_timestamp("2024-05-01T01:02:00Z").unwrap())),
            (json!("9999-12-31T23:59:59-01:00"), ViolationKind::DateTimeOverflow.into()),
            (json!("now"), ViolationKind::InvalidDateTime.into()),
            (json!(1_714_557_600), ViolationKind::InvalidDateTime.into()),
        ] {
            assert_eq!(ops(json!({"last_login": value})).last_login, expected, "{value}");
        }
        for (value, expected) in [
            (json!("yes"), Op::Set(true)),
            (json!(0.0), Op::Set(false)),
            (json!(""), ViolationKind::InvalidBoolean.into()),
        ] {
            assert_eq!(ops(json!({"is_active": value})).is_active, expected, "{value}");
        }
    }

    #[test]
    fn types_are_quoted_as_sent() {
        for (value, expected) in [
            (json!("external"), Op::Set(UserType::External)),
            (json!(" external"), ViolationKind::InvalidChoice { input: " external".into() }.into()),
            (json!(1), ViolationKind::InvalidChoice { input: "1".into() }.into()),
            (json!(true), ViolationKind::InvalidChoice { input: "True".into() }.into()),
            (json!(["internal"]), ViolationKind::InvalidChoice { input: "['internal']".into() }.into()),
        ] {
            assert_eq!(ops(json!({"type": value})).user_type, expected, "{value}");
        }
    }

    #[test]
    fn attributes_are_replaced_or_merged() {
        let object = JsonObject::from_iter([("attributes".to_owned(), json!({"a": null}))]);
        let merged = field_ops(object.clone(), Mode::Patch, Attributes::Merge).attributes;
        assert_eq!(merged, Op::Set(AttributesOp::Merge(json!({"a": null}))));
        let replaced = field_ops(object, Mode::Patch, Attributes::Replace).attributes;
        assert!(matches!(replaced, Op::Set(AttributesOp::Replace(_))));
        for attributes in [Attributes::Merge, Attributes::Replace] {
            let object = JsonObject::from_iter([("attributes".to_owned(), json!([]))]);
            assert_eq!(
                field_ops(object, Mode::Patch, attributes).attributes,
                ViolationKind::NotAnObject.into()
            );
        }
    }
}
