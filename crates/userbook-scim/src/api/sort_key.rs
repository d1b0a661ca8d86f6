//! The values that results are sorted by.

use serde_json::Value;

/// The value that a result is sorted by. Results without a value are last (RFC 7644 §3.4.2.3).
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortKey {
    Flag(bool),
    /// The bits of a number in an order that equals the order of the numbers.
    Number(u64),
    Text(String),
    Missing,
}

impl SortKey {
    /// `value` is a value, and whether its upper and lower case differ.
    pub(super) fn new(value: Option<(&Value, bool)>) -> Self {
        match value {
            Some((Value::Bool(flag), _)) => Self::Flag(*flag),
            Some((Value::String(text), true)) => Self::Text(text.clone()),
            Some((Value::String(text), false)) => Self::Text(text.to_lowercase()),
            Some((Value::Number(number), _)) => number.as_f64().map_or(Self::Missing, |number| {
                let (bits, sign) = (number.to_bits(), 1 << 63);
                Self::Number(if bits & sign == 0 { bits | sign } else { !bits })
            }),
            _ => Self::Missing,
        }
    }

    /// Returns the bytes of a text.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Flag(_) | Self::Number(_) | Self::Missing => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_sorted_by_type_and_case() {
        let key = |value: &Value, exact| SortKey::new(Some((value, exact)));
        for (smaller, larger, exact) in [
            (json!(-5), json!(-1), false),
            (json!(-1), json!(0), false),
            (json!(2), json!(10), false),
            (json!("a"), json!("B"), false),
            (json!("B"), json!("a"), true),
            (json!(false), json!(true), false),
        ] {
            assert!(key(&smaller, exact) < key(&larger, exact), "{smaller} {larger}");
        }
        assert!(key(&json!("z"), true) < SortKey::new(None));
        assert_eq!((key(&json!("zé"), true).text_bytes(), SortKey::new(None).text_bytes()), (3, 0));
    }
}
