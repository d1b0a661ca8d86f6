//! When one JSON document contains another.

use serde_json::Value;

use crate::update::json_eq;

/// Whether `whole` contains all of `part`: an object, if it has each key with a value that contains the part's; an
/// array, if each of the part's elements is contained in one of its own, in whatever order; anything else, if it
/// equals the part, numbers by value. It is what `PostgreSQL`'s `@>` says of two objects.
///
/// Stores that cannot ask their database for exactly this ask here: all of them must answer alike.
///
/// ```
/// use serde_json::json;
/// use userbook::json_contains;
///
/// let whole = json!({"team": {"name": "sea", "size": 3}, "tags": ["a", "b"]});
/// assert!(json_contains(&whole, &json!({"team": {"size": 3.0}, "tags": ["b"]})));
/// assert!(!json_contains(&whole, &json!({"team": {"size": 4}})));
/// ```
pub fn json_contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| json_contains(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|part| whole.iter().any(|whole| json_contains(whole, part)))
        }
        _ => json_eq(whole, part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_key_by_key_and_arrays_in_any_order() {
        for (whole, part, contained) in [
            (json!({"a": 1, "b": 2}), json!({}), true),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
            (json!({"a": 1}), json!({"a": 1.0}), true),
            (json!({"a": 1}), json!({"a": "1"}), false),
            (json!({"a": null}), json!({"a": null}), true),
            (json!({}), json!({"a": null}), false),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"c": 2}}), true),
            (json!({"a": {"b": 1}}), json!({"a": {}}), true),
            (json!({"a": {"b": 1}}), json!({"b": 1}), false),
            (json!({"a": [1, 2, 3]}), json!({"a": [3, 1, 1]}), true),
            (json!({"a": [1, 2]}), json!({"a": [1, 4]}), false),
            (json!({"a": [1, 2]}), json!({"a": 1}), false),
            (json!({"a": 1}), json!({"a": [1]}), false),
            (json!({"a": [{"b": 1, "c": 2}, [4, 5]]}), json!({"a": [[5], {"c": 2}]}), true),
            (json!({"a": [{"b": 1}, {"c": 2}]}), json!({"a": [{"b": 1, "c": 2}]}), false),
            (json!([1]), json!({}), false),
            (json!("a"), json!({}), false),
        ] {
            assert_eq!(json_contains(&whole, &part), contained, "{whole} {part}");
        }
    }
}
