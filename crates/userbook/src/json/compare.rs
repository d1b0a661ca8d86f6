//! Two kinds of equality: of values, and of stored representations.

use serde_json::{Map, Number, Value};

/// Returns whether two documents have the same value. Numbers are compared numerically: `1` equals `1.0`, and `1e16`
/// equals `10000000000000000`. Integers are exact to 64 bits: 9007199254740993 differs from 9007199254740992.0. The
/// order of keys does not matter.
///
/// JSON Patch `test` (RFC 6902 §4.6) and list filters use this comparison.
pub(crate) fn equal_by_value(left: &Value, right: &Value) -> bool {
    equal(left, right, number_eq)
}

/// Returns whether two documents have the same representation, so that replacing one by the other changes nothing
/// visible. `1` and `1.0` differ, and `0.0` and `-0.0` differ. The order of keys does not matter.
///
/// This comparison decides whether an update changes a value.
pub(crate) fn identical(left: &Value, right: &Value) -> bool {
    equal(left, right, number_identical)
}

fn equal(left: &Value, right: &Value, numbers: fn(&Number, &Number) -> bool) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| equal(left, right, numbers))
        }
        (Value::Object(left), Value::Object(right)) => object_equal(left, right, numbers),
        _ => left == right,
    }
}

fn object_equal(
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    numbers: fn(&Number, &Number) -> bool,
) -> bool {
    // The keys almost always have the same order, which avoids a lookup.
    left.len() == right.len()
        && left.iter().zip(right).all(|((key, left), (same, value))| {
            let value = if key == same { Some(value) } else { right.get(key) };
            value.is_some_and(|value| equal(left, value, numbers))
        })
}

fn number_eq(left: &Number, right: &Number) -> bool {
    left == right || NumberKey::new(left).is_some_and(|key| NumberKey::new(right) == Some(key))
}

fn number_identical(left: &Number, right: &Number) -> bool {
    // `==` considers 0.0 and -0.0 equal.
    let bits = |number: &Number| number.is_f64().then(|| number.as_f64().map(f64::to_bits));
    left == right && bits(left) == bits(right)
}

/// A number by its value: equal numbers have equal keys in every representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NumberKey {
    /// An integer within the range of `i64` and `u64`, or a double with such a value.
    Integer(i128),
    /// Any other double, by its bits.
    Double(u64),
}

impl NumberKey {
    /// `None` for a number that fits neither 64-bit integers nor doubles.
    pub(super) fn new(number: &Number) -> Option<Self> {
        if let Some(integer) = number.as_i64() {
            return Some(Self::Integer(integer.into()));
        }
        if let Some(integer) = number.as_u64() {
            return Some(Self::Integer(integer.into()));
        }
        let double = number.as_f64()?;
        // Doubles in this range convert exactly, and no 64-bit integer lies beyond it.
        if double.fract() == 0.0 && double.abs() <= 18_446_744_073_709_551_616.0 {
            #[expect(clippy::cast_possible_truncation, reason = "the value is an integer within the range")]
            return Some(Self::Integer(double as i128));
        }
        Some(Self::Double(double.to_bits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_and_representations_compare() {
        for (left, right, by_value, as_is) in [
            (json!(1), json!(1), true, true),
            (json!(1), json!(1.0), true, false),
            (json!(-3), json!(-3.0), true, false),
            (json!(10_000.0), json!(10_000), true, false),
            (json!([{"a": 1e16}]), json!([{"a": 10_000_000_000_000_000_u64}]), true, false),
            (json!(0.0), json!(-0.0), true, false),
            (json!(0), json!(-0.0), true, false),
            (json!(1.5), json!(1.5), true, true),
            (json!(1.5), json!(1.25), false, false),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), false, false),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), false, false),
            (json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_992.0), true, false),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), false, false),
            (json!(i64::MIN), json!(-9_223_372_036_854_775_808.0), true, false),
            (json!(u64::MAX), json!(-1), false, false),
            (json!(1e300), json!(1e300), true, true),
            (json!(1e300), json!(1e301), false, false),
            (json!({"a": 1}), json!({"a": 1, "b": null}), false, false),
            (json!({"a": 1}), json!({"b": 1}), false, false),
            (json!([1]), json!([1, 2]), false, false),
            (json!("1"), json!(1), false, false),
            (json!(null), json!(false), false, false),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true, true),
        ] {
            assert_eq!(equal_by_value(&left, &right), by_value, "{left} {right}");
            assert_eq!(equal_by_value(&right, &left), by_value, "{right} {left}");
            assert_eq!(identical(&left, &right), as_is, "{left} {right}");
            assert_eq!(identical(&right, &left), as_is, "{right} {left}");
        }
    }
}
