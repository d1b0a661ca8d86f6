//! JSON text in columns, with deeper nesting than parsers allow by default.

use serde::{Serialize, de::DeserializeOwned};

/// The maximum nesting of a stored document. Attributes may have 256 levels, an event contains them a few levels
/// deeper, and rows of other writers may be deeper still. Twice the maximum overflows the stack of a debug build with
/// `serde_json`'s `preserve_order`.
const MAX_DEPTH: usize = 500;

/// Why text in a column is not valid JSON.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("the document nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("the document cannot be read")]
    Syntax(#[source] serde_json::Error),
}

/// Reads a document nested up to [`MAX_DEPTH`] levels; `serde_json` by default rejects 128.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    if is_too_deep(text.as_bytes()) {
        return Err(JsonError::TooDeep);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.disable_recursion_limit();
    let value = T::deserialize(&mut deserializer).map_err(JsonError::Syntax)?;
    deserializer.end().map_err(JsonError::Syntax)?;
    Ok(value)
}

/// Writes a document.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

fn is_too_deep(text: &[u8]) -> bool {
    let opens = |byte: &u8| matches!(byte, b'{' | b'[');
    // Most documents have fewer brackets than the maximum: no exact count is necessary.
    if text.iter().filter(|byte| opens(byte)).count() <= MAX_DEPTH {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn depth_is_bounded_and_brackets_in_texts_do_not_count() {
        assert!(matches!(parse::<Value>(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep)));
        assert!(matches!(parse::<Value>(&"{\"a\":".repeat(100_000)), Err(JsonError::TooDeep)));
        let text = format!("[\"{}\\\"{}\"]", "[".repeat(2000), "{".repeat(2000));
        assert!(parse::<Value>(&text).is_ok());
    }

    #[test]
    fn the_deepest_fits_on_a_thread_of_usual_size() {
        let read = || parse::<Value>(&nested(MAX_DEPTH)).map(|value| text(&value.clone()).unwrap());
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap();
        assert_eq!(thread.join().unwrap().unwrap(), nested(MAX_DEPTH));
    }

    #[test]
    fn values_come_back_as_they_went() {
        let value = json!({"": 1, "a": [-0.0, 1e308, 5e-324, 0.1, u64::MAX, i64::MIN, "\0😀", null]});
        assert_eq!(parse::<Value>(&text(&value).unwrap()).unwrap(), value);
        for text in ["", "{", "{} {}", "nul"] {
            assert!(matches!(parse::<Value>(text), Err(JsonError::Syntax(_))), "{text:?}");
        }
    }
}
