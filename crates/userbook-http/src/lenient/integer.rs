//! Whole numbers in the accepted forms.

use serde_json::Value;

/// The reasons why a value is not a 64-bit integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegerFault {
    /// The value is null.
    Null,
    /// The value is not a whole number.
    NoInteger,
    /// The value is a whole number beyond 64 bits.
    OutOfRange,
}

/// Reads a number without a fraction, or its decimal text.
pub(crate) fn integer(value: &Value) -> Result<i64, IntegerFault> {
    match value {
        Value::Null => Err(IntegerFault::Null),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(whole),
            (None, Some(double)) => whole_double(double),
            (None, None) => Err(IntegerFault::OutOfRange),
        },
        Value::String(text) => whole_text(text),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(IntegerFault::NoInteger),
    }
}

fn whole_double(double: f64) -> Result<i64, IntegerFault> {
    if double.fract() != 0.0 {
        return Err(IntegerFault::NoInteger);
    }
    // Formats and parses the number, because a cast would hide values out of range.
    whole_text(&format!("{double:.0}"))
}

fn whole_text(text: &str) -> Result<i64, IntegerFault> {
    let text = text.trim();
    let whole = text
        .split_once('.')
        .map_or(text, |(whole, zeros)| if zeros.bytes().all(|byte| byte == b'0') { whole } else { text });
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(IntegerFault::NoInteger);
    }
    whole.parse().map_err(|_| IntegerFault::OutOfRange)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_of_a_whole_number() {
        use IntegerFault::{NoInteger, Null, OutOfRange};
        for (value, expected) in [
            (json!(7), Ok(7)),
            (json!(-7), Ok(-7)),
            (json!(7.0), Ok(7)),
            (json!(-0.0), Ok(0)),
            (json!("7"), Ok(7)),
            (json!(" 007 "), Ok(7)),
            (json!("+7.00"), Ok(7)),
            (json!("7."), Ok(7)),
            (json!(i64::MIN), Ok(i64::MIN)),
            (json!(u64::MAX), Err(OutOfRange)),
            (json!(1e300), Err(OutOfRange)),
            (json!("99999999999999999999"), Err(OutOfRange)),
            (json!(null), Err(Null)),
            (json!(7.5), Err(NoInteger)),
            (json!("7.5"), Err(NoInteger)),
            (json!(""), Err(NoInteger)),
            (json!("."), Err(NoInteger)),
            (json!("-"), Err(NoInteger)),
            (json!("7_0"), Err(NoInteger)),
            (json!("1e3"), Err(NoInteger)),
            (json!("٧"), Err(NoInteger)),
            (json!(true), Err(NoInteger)),
            (json!([7]), Err(NoInteger)),
            (json!({"pk": 7}), Err(NoInteger)),
        ] {
            assert_eq!(integer(&value), expected, "{value}");
        }
    }
}
