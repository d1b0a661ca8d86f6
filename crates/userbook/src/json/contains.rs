//! Containment of JSON documents.

use std::collections::HashSet;

use serde_json::Value;

use super::compare::{NumberKey, equal_by_value};

/// Returns whether `whole` contains `part`. An object contains an object if it has each key with a value that contains
/// the other's value. An array contains an array if each element is contained in one of its elements, in any order.
/// Other values are compared, numbers by value. An array also contains a scalar that is one of its elements, unless
/// both are part of a container. `PostgreSQL`'s `@>` has the same result.
///
/// A store whose database cannot express this containment calls this function, because all stores must have equal
/// results.
///
/// # Cost
///
/// Two lists of scalars cost their sum, because elements are looked up by hash. An array or object inside an array of
/// `part` is compared with every element of the other array, which costs at most the values of `whole` for every value
/// of `part`. [`Limits::filter_nodes`](crate::Limits::filter_nodes) limits the values of `part`.
///
/// ```
/// use serde_json::json;
/// use userbook::json::json_contains;
///
/// let whole = json!({"team": {"name": "sea", "size": 3}, "tags": ["a", "b"]});
/// assert!(json_contains(&whole, &json!({"team": {"size": 3.0}, "tags": ["b"]})));
/// assert!(!json_contains(&whole, &json!({"team": {"size": 4}})));
/// ```
pub fn json_contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(whole), part) if !(part.is_array() || part.is_object()) => {
            scalars_occur(whole, &[part])
        }
        _ => contains(whole, part),
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| contains(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => array_contains(whole, part),
        _ => equal_by_value(whole, part),
    }
}

fn array_contains(whole: &[Value], part: &[Value]) -> bool {
    let (scalars, containers): (Vec<&Value>, Vec<&Value>) =
        part.iter().partition(|value| !(value.is_array() || value.is_object()));
    scalars_occur(whole, &scalars)
        && containers.iter().all(|part| whole.iter().any(|whole| contains(whole, part)))
}

/// Returns whether each of the scalars is an element of `whole`.
fn scalars_occur(whole: &[Value], scalars: &[&Value]) -> bool {
    let mut missing = HashSet::with_capacity(scalars.len());
    for scalar in scalars {
        let Some(key) = ScalarKey::new(scalar) else { return false };
        missing.insert(key);
    }
    // One hash per element of `whole`: the set of missing scalars shrinks, and the search ends when it is empty.
    let mut elements = whole.iter().filter_map(ScalarKey::new);
    while !missing.is_empty() {
        let Some(element) = elements.next() else { return false };
        missing.remove(&element);
    }
    true
}

/// A scalar by its value.
#[derive(Debug, PartialEq, Eq, Hash)]
enum ScalarKey<'a> {
    Null,
    Bool(bool),
    Number(NumberKey),
    Text(&'a str),
}

impl<'a> ScalarKey<'a> {
    fn new(value: &'a Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(boolean) => Some(Self::Bool(*boolean)),
            Value::Number(number) => NumberKey::new(number).map(Self::Number),
            Value::String(text) => Some(Self::Text(text)),
            Value::Array(_) | Value::Object(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
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
            (json!({"a": [1.0, null, true, "x"]}), json!({"a": ["x", true, 1, null]}), true),
            (json!({"a": [1, 2]}), json!({"a": [1, 4]}), false),
            (json!({"a": [1, 2]}), json!({"a": []}), true),
            (json!({"a": ["1", 2]}), json!({"a": [1]}), false),
            (json!({"a": [1, 2]}), json!({"a": 1}), false),
            (json!({"a": 1}), json!({"a": [1]}), false),
            (json!({"a": [{"b": 1, "c": 2}, [4, 5]]}), json!({"a": [[5], {"c": 2}]}), true),
            (json!({"a": [{"b": 1}, {"c": 2}]}), json!({"a": [{"b": 1, "c": 2}]}), false),
            (json!([1]), json!({}), false),
            (json!([1, "a"]), json!("a"), true),
            (json!([1, "a"]), json!(2), false),
            (json!({"x": [1]}), json!({"x": 1}), false),
            (json!([[1]]), json!([1]), false),
            (json!(1), json!([1]), false),
            (json!("a"), json!({}), false),
        ] {
            assert_eq!(json_contains(&whole, &part), contained, "{whole} {part}");
        }
    }

    /// The definition, element by element.
    fn defined(whole: &Value, part: &Value) -> bool {
        match (whole, part) {
            (Value::Array(whole), part) if !(part.is_array() || part.is_object()) => {
                whole.iter().any(|whole| equal_by_value(whole, part))
            }
            _ => nested(whole, part),
        }
    }

    fn nested(whole: &Value, part: &Value) -> bool {
        match (whole, part) {
            (Value::Object(whole), Value::Object(part)) => {
                part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| nested(whole, part)))
            }
            (Value::Array(whole), Value::Array(part)) => {
                part.iter().all(|part| whole.iter().any(|whole| nested(whole, part)))
            }
            _ => equal_by_value(whole, part),
        }
    }

    fn document() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2_i64..3).prop_map(Value::from),
            (-2_i32..3).prop_map(|n| json!(f64::from(n) / 2.0)),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_index_changes_no_answer(whole in document(), part in document()) {
            prop_assert_eq!(json_contains(&whole, &part), defined(&whole, &part));
            prop_assert!(json_contains(&whole, &whole));
        }
    }
}
