//! Booleans in the accepted forms.

use serde_json::Value;

/// The recorded spellings; others, such as `tRUE` or ` yes`, are invalid.
const TRUE: &[&str] =
    &["t", "T", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "1"];
const FALSE: &[&str] =
    &["f", "F", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "0"];

/// Returns the boolean that `value` represents.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(boolean) => Some(*boolean),
        Value::String(text) if TRUE.contains(&text.as_str()) => Some(true),
        Value::String(text) if FALSE.contains(&text.as_str()) => Some(false),
        // 0 and 1 are exact as doubles, and no other 64-bit integer is rounded to them.
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_recorded_spellings_are_accepted() {
        for value in [json!(true), json!(1), json!(1.0), json!("1"), json!("t"), json!("ON"), json!("Yes")] {
            assert_eq!(boolean(&value), Some(true), "{value}");
        }
        for value in [json!(false), json!(0), json!(0.0), json!(-0.0), json!("0"), json!("F"), json!("Off")] {
            assert_eq!(boolean(&value), Some(false), "{value}");
        }
        for value in [
            json!(null),
            json!(2),
            json!(-1),
            json!(0.5),
            json!(1e-300),
            json!(""),
            json!(" true"),
            json!("tRUE"),
            json!("1.0"),
            json!("null"),
            json!([]),
            json!([true]),
            json!({}),
        ] {
            assert_eq!(boolean(&value), None, "{value}");
        }
    }
}
