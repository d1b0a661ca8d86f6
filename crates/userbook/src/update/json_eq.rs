//! When two JSON values say the same.

use serde_json::{Number, Value};

/// Whether two values are equal, numbers by value: databases give `1e16` back as `10000000000000000`, and a PUT
/// of what is stored must change nothing.
pub(crate) fn json_eq(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => number_eq(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| json_eq(left, right))
        }
        (Value::Object(left), Value::Object(right)) => object_eq(left, right),
        _ => left == right,
    }
}

fn object_eq(left: &crate::JsonObject, right: &crate::JsonObject) -> bool {
    // Almost always the keys are in the same order, and need not be looked up.
    left.len() == right.len()
        && left.iter().zip(right).all(|((key, left), (same, value))| {
            let value = if key == same { Some(value) } else { right.get(key) };
            value.is_some_and(|value| json_eq(left, value))
        })
}

fn number_eq(left: &Number, right: &Number) -> bool {
    // Integers are compared as such: as doubles, neighbours beyond 2^53 would be one.
    left == right || (left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_compared_by_value() {
        for (left, right, equal) in [
            (json!(1), json!(1.0), true),
            (json!([{"a": 1e16}]), json!([{"a": 10_000_000_000_000_000_u64}]), true),
            (json!(0.0), json!(-0.0), true),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), false),
            (json!({"a": 1}), json!({"a": 1, "b": null}), false),
            (json!({"a": 1}), json!({"b": 1}), false),
            (json!([1]), json!([1, 2]), false),
            (json!("1"), json!(1), false),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true),
        ] {
            assert_eq!(json_eq(&left, &right), equal, "{left} {right}");
        }
    }
}
