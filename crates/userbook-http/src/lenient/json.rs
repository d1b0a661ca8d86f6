//! Reading a JSON body.
//!
//! The parser's own bound on nesting, 128 levels, is below what the contract takes; [`Levels`] is the bound
//! instead. It also keeps `serde_json` from giving keys of its own a meaning: with its feature `raw_value`, which
//! sqlx turns on, the text under such a key is parsed in turn, and a body of a few thousand bytes exhausts the
//! stack.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What the keys that mean something to `serde_json` begin with. Stored, they would be taken at their word by the
/// next who reads the row.
const PRIVATE_KEY: &str = "$serde_json::private::";

/// Why a body is not JSON; `Display` is for people.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct JsonFault(#[from] serde_json::Error);

/// The value that `body` holds and nothing besides, nested at most `max_depth` levels deep; an array or object
/// at the top is level 1. Of a key that comes twice the last value counts, integers beyond 64 bit become doubles.
pub(crate) fn parse(body: &[u8], max_depth: usize) -> Result<Value, JsonFault> {
    let mut parser = serde_json::Deserializer::from_slice(body);
    parser.disable_recursion_limit();
    let value = Levels(max_depth).deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

/// Reads a value that may be nested this deeply.
#[derive(Debug, Clone, Copy)]
struct Levels(usize);

impl Levels {
    /// What is left inside an array or object.
    fn inside<E: Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
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
            if key.starts_with(PRIVATE_KEY) {
                return Err(A::Error::custom(format_args!("reserved key {key:?}")));
            }
            object.insert(key, entries.next_value_seed(inside)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
