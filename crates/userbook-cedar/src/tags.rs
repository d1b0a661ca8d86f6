//! Converts JSON to tags, as far as Cedar can express it.
//!
//! Cedar's strict types exclude free JSON. Each member of an object (attributes or claims) becomes a tag of type
//! `Set<String>`: a text, a boolean or a whole number becomes one element, a list of them becomes several; booleans
//! and numbers are written as in JSON. Every other member (an object, null, a fraction, a list that contains one of
//! them) gets no tag, because a partial list would be wrong.

use cedar_policy::RestrictedExpression;
use serde_json::Value;
use userbook::JsonObject;

/// Returns the tags of an object.
pub(crate) fn of_object(object: &JsonObject) -> impl Iterator<Item = (String, RestrictedExpression)> {
    object.iter().filter_map(|(name, value)| {
        let elements = elements(value)?;
        let set = elements.into_iter().map(RestrictedExpression::new_string);
        Some((name.clone(), RestrictedExpression::new_set(set)))
    })
}

/// Returns the tags of stored attributes; empty unless they are an object.
pub(crate) fn of_attributes(stored: &Value) -> impl Iterator<Item = (String, RestrictedExpression)> {
    stored.as_object().into_iter().flat_map(of_object)
}

fn elements(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(element).collect(),
        value => Some(vec![element(value)?]),
    }
}

fn element(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_texts_booleans_and_whole_numbers_become_tags() {
        for (value, expected) in [
            (json!("blue"), Some(vec!["blue"])),
            (json!(""), Some(vec![""])),
            (json!(true), Some(vec!["true"])),
            (json!(-7), Some(vec!["-7"])),
            (json!(u64::MAX), Some(vec!["18446744073709551615"])),
            (json!(["a", "b", 1]), Some(vec!["a", "b", "1"])),
            (json!([]), Some(vec![])),
            (json!(null), None),
            (json!(1.5), None),
            (json!({"locale": "de"}), None),
            (json!(["a", {"b": 1}]), None),
            (json!(["a", null]), None),
            (json!([["a"]]), None),
        ] {
            let found = elements(&value);
            let expected = expected.map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(found, expected, "{value}");
        }
        assert_eq!(of_attributes(&json!(["no", "object"])).count(), 0);
        assert_eq!(of_attributes(&json!({"a": 1, "b": null})).count(), 1);
    }
}
