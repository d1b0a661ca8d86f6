//! JSON as text, in the form of `PostgreSQL`'s `jsonb`.

use std::fmt::{self, Write};

use serde_json::{Number, Value};

use super::order::members;

/// Returns the value as `PostgreSQL` prints a `jsonb` value: a space after each colon and comma, short keys first,
/// numbers without exponent.
pub(crate) fn spaced_text(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                separate(out, n);
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (n, (key, member)) in members(object).into_iter().enumerate() {
                separate(out, n);
                write_text(out, key);
                out.push_str(": ");
                write(out, member);
            }
            out.push('}');
        }
    }
}

fn separate(out: &mut String, n: usize) {
    if n > 0 {
        out.push_str(", ");
    }
}

/// Python writes whole doubles below 1e16 with one decimal and larger ones without, and `PostgreSQL` keeps the
/// decimals.
fn write_number(out: &mut String, number: &Number) {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(double) if double.fract() == 0.0 && double.abs() < 1e16 => {
            let double = if double == 0.0 { 0.0 } else { double };
            push(out, format_args!("{double:.1}"));
        }
        Some(double) => push(out, format_args!("{double}")),
        None => push(out, format_args!("{number}")),
    }
}

fn push(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string never fails.
    _ = out.write_fmt(text);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => push(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_equals_that_of_jsonb() {
        for (value, expected) in [
            (json!({"team": "red", "n": 1}), r#"{"n": 1, "team": "red"}"#),
            (
                json!({"b": [], "aa": {}, "a": [1, "x", null, true]}),
                r#"{"a": [1, "x", null, true], "b": [], "aa": {}}"#,
            ),
            (json!("a\"\\/\n\t\r\u{8}\u{c}\u{1}\u{7f}é"), "\"a\\\"\\\\/\\n\\t\\r\\b\\f\\u0001\u{7f}é\""),
            (json!([1.0, -0.0, 2.5, 1e-7, 1e16, 1e22, u64::MAX]), {
                "[1.0, 0.0, 2.5, 0.0000001, 10000000000000000, 10000000000000000000000, 18446744073709551615]"
            }),
        ] {
            assert_eq!(spaced_text(&value), expected);
        }
    }
}
