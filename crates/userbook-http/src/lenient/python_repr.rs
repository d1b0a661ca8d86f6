//! Formats quoted values like the recorded release: in the notation of Python's `str`.

use std::fmt::Write;

use serde_json::Value;

use super::number::number_text;

/// Formats a value for a message: a text unchanged, every other value in Python's notation.
pub(crate) fn python_repr(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            write_value(&mut out, other);
            out
        }
    }
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                separate(out, n);
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (n, (key, member)) in members.iter().enumerate() {
                separate(out, n);
                write_text(out, key);
                out.push_str(": ");
                write_value(out, member);
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

/// Writes a nested text: in single quotes, unless it contains single and no double quotes.
fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            // Writing to a string never fails.
            c if c.is_control() => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_formatted_like_python() {
        for (value, expected) in [
            (json!("it's"), "it's"),
            (json!(null), "None"),
            (json!(true), "True"),
            (json!([false, 1, 1.0, 1e16]), "[False, 1, 1.0, 1e+16]"),
            (json!(["internal"]), "['internal']"),
            (json!({}), "{}"),
            (json!({"a": [{}], "b": null}), "{'a': [{}], 'b': None}"),
            (json!(["it's", "\"", "'\"", "a\n\\\u{7f}\u{85}ü"]), r#"["it's", '"', '\'"', 'a\n\\\x7f\x85ü']"#),
        ] {
            assert_eq!(python_repr(&value), expected, "{value}");
        }
    }
}
