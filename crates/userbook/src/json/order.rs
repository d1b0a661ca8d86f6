//! The order of JSON values.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::compare::NumberKey;

/// Compares two values in the order of `PostgreSQL`'s `jsonb`: null, texts by code point, numbers, `false`, `true`,
/// arrays, objects. Longer arrays and objects are greater, otherwise the first different element decides. An empty
/// array is less than every scalar, but only if neither is part of a container.
pub(crate) fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Array(list), scalar) if list.is_empty() && is_scalar(scalar) => Ordering::Less,
        (scalar, Value::Array(list)) if list.is_empty() && is_scalar(scalar) => Ordering::Greater,
        _ => compare(left, right),
    }
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => {
            let elements = || left.iter().zip(right).map(|(left, right)| compare(left, right));
            left.len().cmp(&right.len()).then_with(|| first_difference(elements()))
        }
        (Value::Object(left), Value::Object(right)) => compare_objects(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn compare_objects(left: &Map<String, Value>, right: &Map<String, Value>) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| {
        let members = members(left).into_iter().zip(members(right));
        first_difference(
            members.map(|((key, value), (other_key, other))| {
                key.cmp(other_key).then_with(|| compare(value, other))
            }),
        )
    })
}

/// Returns the members in the order of `jsonb`: short keys first, keys of one length by their bytes.
pub(super) fn members(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by(|(left, _), (right, _)| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
    members
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    if let (Some(NumberKey::Integer(left)), Some(NumberKey::Integer(right))) =
        (NumberKey::new(left), NumberKey::new(right))
    {
        return left.cmp(&right);
    }
    // One of the numbers has a fraction or is beyond the 64-bit integers: the nearest doubles differ, or both are
    // equal.
    let double = |number: &Number| number.as_f64().unwrap_or_default();
    double(left).total_cmp(&double(right))
}

fn is_scalar(value: &Value) -> bool {
    !(value.is_array() || value.is_object())
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::String(_) => 1,
        Value::Number(_) => 2,
        Value::Bool(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_in_the_order_of_jsonb() {
        let ascending = [
            json!([]),
            json!(null),
            json!(""),
            json!("a"),
            json!("é"),
            json!(-1e300),
            json!(-3),
            json!(1),
            json!(1.5),
            json!(2),
            json!(9_007_199_254_740_993_u64),
            json!(u64::MAX),
            json!(1e300),
            json!(false),
            json!(true),
            json!([null]),
            json!([[]]),
            json!([1, 2]),
            json!([1, 3]),
            json!({}),
            json!({"aa": 1}),
            json!({"b": 0}),
            json!({"b": 9}),
            json!({"a": 1, "bb": 2}),
        ];
        for (n, left) in ascending.iter().enumerate() {
            for (m, right) in ascending.iter().enumerate() {
                assert_eq!(compare_values(left, right), n.cmp(&m), "{left} {right}");
            }
        }
        assert_eq!(compare_values(&json!([[], 1]), &json!([null, 1])), Ordering::Greater, "only at the top");
        assert_eq!(compare_values(&json!(1), &json!(1.0)), Ordering::Equal);
    }
}
