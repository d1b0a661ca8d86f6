//! Parses a JSON body within limits.
//!
//! The parser's default depth limit, 128 levels, is below the contract's. [`JsonBounds`] replaces it and limits the
//! number of values as well, because two bytes of text can become a much larger value. Unknown members are validated
//! and discarded.
//!
//! The parser also rejects private keys of `serde_json`: with its feature `raw_value`, which sqlx enables, the text
//! under such a key is parsed recursively, and a body of a few thousand bytes exhausts the stack.

use std::{borrow::Cow, cell::Cell, fmt};

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The prefix of private keys of `serde_json`. A stored private key would be interpreted by the next parser of the
/// row.
const PRIVATE_KEY: &str = "$serde_json::private::";

/// A reason why a text is not JSON within the limits; `Display` is the message for people.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(#[from] serde_json::Error);

/// Limits of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonBounds {
    /// Maximum nesting depth; a top-level array or object is level 1.
    pub levels: usize,
    /// Maximum number of JSON values at any depth.
    pub nodes: usize,
}

/// Replaces each integer `-0` by `0`, as recorded. The parser would return the double `-0.0`, which is another text.
/// Other bytes do not change, and neither does the length.
pub(crate) fn without_negative_zero(body: Bytes) -> Bytes {
    if !body.windows(2).any(|bytes| bytes == b"-0") {
        return body;
    }
    let mut bytes = Vec::from(body);
    let (mut is_text, mut is_escaped) = (false, false);
    for n in 0..bytes.len() {
        let (byte, next, after) = (bytes.get(n), bytes.get(n + 1), bytes.get(n + 2));
        match byte {
            _ if is_escaped => is_escaped = false,
            Some(b'\\') if is_text => is_escaped = true,
            Some(b'"') => is_text = !is_text,
            Some(b'-') if !is_text && next == Some(&b'0') => {
                let continues = after.is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E'));
                if let (false, Some(minus)) = (continues, bytes.get_mut(n)) {
                    *minus = b' ';
                }
            }
            _ => {}
        }
    }
    bytes.into()
}

/// Parses a text that contains one JSON value. The last of repeated keys counts, and integers beyond 64 bits become
/// doubles. Private keys of `serde_json` are rejected.
///
/// # Errors
/// [`JsonError`] if the text is not JSON or exceeds the bounds.
pub fn parse(body: &[u8], bounds: JsonBounds) -> Result<Value, JsonError> {
    let mut parser = serde_json::Deserializer::from_slice(body);
    parser.disable_recursion_limit();
    let value = Build { levels: bounds.levels, nodes: &Nodes::new(bounds.nodes) }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

/// The members of an object in the order of the request; keys may repeat.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value)>;

/// Parses the known members of an object; `Err` contains any other value. Other members must be valid JSON within the
/// depth limit, but are neither counted nor kept.
pub(crate) fn parse_members(
    body: &[u8],
    bounds: JsonBounds,
    is_known: impl Fn(&str) -> bool,
) -> Result<Result<Members<'_>, Value>, JsonError> {
    let is_object = body.iter().find(|byte| !b" \t\n\r".contains(byte)) == Some(&b'{');
    if !is_object {
        return parse(body, bounds).map(Err);
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    parser.disable_recursion_limit();
    let values = Build { levels: bounds.levels, nodes: &Nodes::new(bounds.nodes) };
    let members = parser.deserialize_map(Object { values, is_known })?;
    parser.end()?;
    Ok(Ok(members))
}

/// The remaining number of values.
#[derive(Debug)]
struct Nodes {
    limit: usize,
    left: Cell<usize>,
}

impl Nodes {
    fn new(limit: usize) -> Self {
        Self { limit, left: Cell::new(limit) }
    }

    fn take<E: Error>(&self) -> Result<(), E> {
        let limit = self.limit;
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| E::custom(format_args!("more than {limit} JSON values")))?);
        Ok(())
    }
}

/// Reads an object's known members.
#[derive(Debug, Clone, Copy)]
struct Object<'n, F> {
    values: Build<'n>,
    is_known: F,
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Object<'_, F> {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members<'de>, A::Error> {
        let inside = self.values.inside()?;
        let mut members = Vec::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            let key = allowed(key)?;
            if (self.is_known)(&key) {
                members.push((key, entries.next_value_seed(inside)?));
            } else {
                entries.next_value_seed(Skip(inside.levels))?;
            }
        }
        Ok(members)
    }
}

/// Reads a key without copying if possible.
#[derive(Debug, Clone, Copy)]
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Returns the key unless it is private to the parser.
fn allowed<K: AsRef<str>, E: Error>(key: K) -> Result<K, E> {
    if key.as_ref().starts_with(PRIVATE_KEY) {
        return Err(E::custom(format_args!("reserved key {:?}", key.as_ref())));
    }
    Ok(key)
}

/// Returns the remaining levels inside an array or object.
fn inner<E: Error>(levels: usize) -> Result<usize, E> {
    levels.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))
}

/// Parses a value within these limits of depth and number.
#[derive(Debug, Clone, Copy)]
struct Build<'n> {
    levels: usize,
    nodes: &'n Nodes,
}

impl Build<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        Ok(Self { levels: inner(self.levels)?, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Build<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.nodes.take()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Build<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Bool(boolean))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(Value::from(integer))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::from(integer))
    }

    fn visit_f64<E: Error>(self, double: f64) -> Result<Value, E> {
        Number::from_f64(double).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inside)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            object.insert(allowed(key)?, entries.next_value_seed(inside)?);
        }
        Ok(Value::Object(object))
    }
}

/// Validates a value within this depth and discards it.
#[derive(Debug, Clone, Copy)]
struct Skip(usize);

impl<'de> DeserializeSeed<'de> for Skip {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // `deserialize_ignored_any` would accept texts and numbers that the parser otherwise rejects.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skip {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let inside = Self(inner(self.0)?);
        while elements.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inside = Self(inner(self.0)?);
        while let Some(key) = entries.next_key_seed(Key)? {
            allowed(key)?;
            entries.next_value_seed(inside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
