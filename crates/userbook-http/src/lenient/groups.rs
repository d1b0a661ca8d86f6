//! Lists of groups in the accepted forms.

use serde_json::Value;
use userbook::{
    GroupId,
    field::{GroupRef, Memberships},
    update::{Op, json_type},
    violation::ViolationKind,
};
use uuid::Uuid;

use super::{python_repr::python_repr, python_text::python_uuid};

/// Reads a list of groups.
pub(super) fn groups(value: Value) -> Op<Memberships> {
    match value {
        Value::Array(elements) => Op::Set(Memberships::collect(elements.into_iter().map(group))),
        // As recorded, an object counts as the list of its keys.
        Value::Object(members) => {
            Op::Set(Memberships::collect(members.into_iter().map(|(key, _)| group(Value::String(key)))))
        }
        other => ViolationKind::NotAList { input_type: json_type(&other) }.into(),
    }
}

/// Reads one group.
pub(super) fn group(element: Value) -> Result<GroupRef, ViolationKind> {
    let id = match &element {
        Value::Null => return Err(ViolationKind::DoesNotExist { pk: python_repr(&element) }),
        Value::Bool(_) => return Err(ViolationKind::IncorrectType { input_type: json_type(&element) }),
        Value::String(text) => python_uuid(text).map(GroupId),
        // As recorded, a whole number counts as the UUID with this value.
        Value::Number(number) => number.as_u64().map(|number| GroupId(Uuid::from_u128(number.into()))),
        Value::Array(_) | Value::Object(_) => None,
    };
    let sent = match element {
        Value::String(sent) => sent,
        other => python_repr(&other),
    };
    match id {
        Some(id) => Ok(GroupRef { id, sent: Some(sent) }),
        None => Err(ViolationKind::InvalidUuid { value: sent }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "c7a7d549-ab8b-527d-8541-2a6cfeb98294";

    #[test]
    fn lists() {
        let id = GroupId(Uuid::try_parse(ID).unwrap());
        let sent = |text: &str| Ok(GroupRef { id, sent: Some(text.to_owned()) });
        let braced = format!("{{{ID}}}");
        for (value, expected) in [
            (json!([]), vec![]),
            (json!({}), vec![]),
            (json!([ID, braced]), vec![sent(ID), sent(&braced)]),
            (json!({ID: 1}), vec![sent(ID)]),
            (json!([ID, "x"]), vec![sent(ID), Err(ViolationKind::InvalidUuid { value: "x".into() })]),
            (json!([true]), vec![Err(ViolationKind::IncorrectType { input_type: "bool" })]),
            (json!([null]), vec![Err(ViolationKind::DoesNotExist { pk: "None".into() })]),
            (json!([7]), vec![Ok(GroupRef { id: GroupId(Uuid::from_u128(7)), sent: Some("7".into()) })]),
            (json!([-7]), vec![Err(ViolationKind::InvalidUuid { value: "-7".into() })]),
            (json!([1.0]), vec![Err(ViolationKind::InvalidUuid { value: "1.0".into() })]),
            (json!([["x"]]), vec![Err(ViolationKind::InvalidUuid { value: "['x']".into() })]),
        ] {
            assert_eq!(groups(value.clone()), Op::Set(Memberships::collect(expected)), "{value}");
        }
        for (value, input_type) in [(json!(ID), "str"), (json!(5), "int"), (json!(false), "bool")] {
            assert_eq!(groups(value.clone()), ViolationKind::NotAList { input_type }.into(), "{value}");
        }
    }
}
