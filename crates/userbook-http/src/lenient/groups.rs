//! Lists of groups in the accepted forms.

use serde_json::Value;
use userbook::{
    GroupId,
    field::{GroupRef, Memberships},
    update::{Op, json_type},
    violation::ViolationKind,
};
use uuid::Uuid;

use super::python_repr::python_repr;

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
        Value::String(text) => group_id(text),
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

/// Parses a UUID like Python's `uuid.UUID`: without `urn:`, `uuid:`, surrounding braces and all hyphens, 32
/// hexadecimal digits must remain.
fn group_id(text: &str) -> Option<GroupId> {
    // The usual forms, without a copy: both parsers accept the same texts of these lengths.
    if let (32 | 36, Ok(id)) = (text.len(), Uuid::try_parse(text)) {
        return Some(GroupId(id));
    }
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(&digits, 16).ok().filter(|_| is_hex)?;
    Some(GroupId(Uuid::from_u128(number)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "c7a7d549-ab8b-527d-8541-2a6cfeb98294";

    #[test]
    fn forms_of_a_uuid() {
        let id = GroupId(Uuid::try_parse(ID).unwrap());
        for text in [
            ID,
            "C7A7D549-AB8B-527D-8541-2A6CFEB98294",
            "c7a7d549ab8b527d85412a6cfeb98294",
            "c7a7-d549ab8b527d85412a6cfeb98294--",
            "urn:uuid:c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "uuid:c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "{c7a7d549-ab8b-527d-8541-2a6cfeb98294}",
            "{{c7a7d549ab8b527d85412a6cfeb98294",
            "urn:uuid:{c7a7d549-ab8b-527d-8541-2a6cfeb98294}",
        ] {
            assert_eq!(group_id(text), Some(id), "{text}");
        }
        for text in [
            "",
            "staff",
            " c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "c7a7d549-ab8b-527d-8541-2a6cfeb9829",
            "c7a7d549-ab8b-527d-8541-2a6cfeb982944",
            "+7a7d549ab8b527d85412a6cfeb98294",
            "c7a7d549ab8b527d85412a6cfeb9829g",
            "URN:UUID:c7a7d549-ab8b-527d-8541-2a6cfeb98294",
            "-{c7a7d549-ab8b-527d-8541-2a6cfeb98294}",
            "ééééééééééééééé",
        ] {
            assert_eq!(group_id(text), None, "{text}");
        }
    }

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
