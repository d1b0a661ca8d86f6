//! Reading a JSON body.
//!
//! The parser's own bound on nesting, 128 levels, is below what the contract takes; [`Levels`] is the bound
//! instead. It also keeps `serde_json` from giving keys of its own a meaning: with its feature `raw_value`, which
//! sqlx turns on, the text under such a key is parsed in turn, and a body of a few thousand bytes exhausts the
//! stack.

use std::{borrow::Cow, fmt};

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

/// The members of an object in the order in which they were sent; a key may come twice.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value)>;

/// The same, for who looks at each member of an object once and never for one: `Ok` holds an object, `Err` whatever
/// else `body` may be.
pub(crate) fn parse_members(body: &[u8], max_depth: usize) -> Result<Result<Members<'_>, Value>, JsonFault> {
    let is_object = body.iter().find(|byte| !b" \t\n\r".contains(byte)) == Some(&b'{');
    if !is_object {
        return parse(body, max_depth).map(Err);
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    parser.disable_recursion_limit();
    let members = parser.deserialize_map(Object(Levels(max_depth)))?;
    parser.end()?;
    Ok(Ok(members))
}

/// Reads an object's members.
#[derive(Debug, Clone, Copy)]
struct Object(Levels);

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members<'de>, A::Error> {
        let inside = self.0.inside()?;
        let mut members = Vec::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            members.push((allowed(key)?, entries.next_value_seed(inside)?));
        }
        Ok(members)
    }
}

/// Reads a key where it stands.
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

/// The key, unless it is one of the parser's own.
fn allowed<K: AsRef<str>, E: Error>(key: K) -> Result<K, E> {
    if key.as_ref().starts_with(PRIVATE_KEY) {
        return Err(E::custom(format_args!("reserved key {:?}", key.as_ref())));
    }
    Ok(key)
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
            object.insert(allowed(key)?, entries.next_value_seed(inside)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
