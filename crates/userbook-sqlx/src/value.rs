//! Parameters of statements.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use userbook::Timestamp;
use uuid::Uuid;

/// A value for one parameter. `None` is NULL of the variant's type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// A text.
    Text(Option<Cow<'v, str>>),
    /// A username. MariaDB stores it as bytes.
    Username(Option<Cow<'v, str>>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A truth value.
    Flag(Option<bool>),
    /// A number.
    Integer(Option<i64>),
    /// A UUID.
    Uuid(Option<Uuid>),
    /// A time.
    Time(Option<Timestamp>),
    /// A list in one parameter: an array on PostgreSQL, else JSON.
    Integers(Vec<i64>),
    /// Like `Integers`; in JSON the ids are hexadecimal.
    Uuids(Vec<Uuid>),
    /// One column of many rows: an array on PostgreSQL. The other databases take rows as JSON.
    Column(Vec<Self>),
}

macro_rules! from {
    ($($type:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$type> for Value<'_> {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }

        impl From<Option<$type>> for Value<'_> {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }
    )+};
}

from!(bool => Flag, i64 => Integer, Uuid => Uuid, Timestamp => Time);

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Some(text).into()
    }
}

impl<'v> From<Option<&'v str>> for Value<'v> {
    fn from(text: Option<&'v str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'v> Value<'v> {
    pub(crate) fn username(name: Option<&'v str>) -> Self {
        Self::Username(name.map(Cow::Borrowed))
    }

    /// The approximate length in a message to the database, in bytes.
    pub(crate) fn message_bytes(&self) -> usize {
        match self {
            Self::Text(Some(text)) | Self::Username(Some(text)) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Integers(integers) => 8 * integers.len(),
            Self::Uuids(ids) => 16 * ids.len(),
            Self::Column(values) => values.iter().map(Self::message_bytes).sum(),
            _ => 16,
        }
    }

    /// Writes the value as a cell of a JSON row. Texts and ids are hexadecimal, because MariaDB's JSON parser changes
    /// some texts. Times are microseconds since 1970. Fails for lists and bytes, which no column of a row has.
    pub(crate) fn write_json(&self, json: &mut String) -> fmt::Result {
        match self {
            Self::Text(Some(text)) | Self::Username(Some(text)) => {
                write!(json, "\"{}\"", Hex(text.as_bytes()))
            }
            Self::Flag(Some(flag)) => write!(json, "{}", u8::from(*flag)),
            Self::Integer(Some(integer)) => write!(json, "{integer}"),
            Self::Uuid(Some(uuid)) => write!(json, "\"{}\"", uuid.simple()),
            Self::Time(Some(time)) => write!(json, "{}", time.timestamp_micros()),
            Self::Text(None)
            | Self::Username(None)
            | Self::Flag(None)
            | Self::Integer(None)
            | Self::Uuid(None)
            | Self::Time(None) => json.write_str("null"),
            Self::Bytes(_) | Self::Integers(_) | Self::Uuids(_) | Self::Column(_) => Err(fmt::Error),
        }
    }
}

/// Integers as a JSON array.
pub(crate) fn json_integers(integers: &[i64]) -> String {
    json_list(integers, |integer, json| write!(json, "{integer}"))
}

/// Ids as a JSON array of hexadecimal texts.
pub(crate) fn json_uuids(ids: &[Uuid]) -> String {
    json_list(ids, |id, json| write!(json, "\"{}\"", id.simple()))
}

fn json_list<T>(items: &[T], write: impl Fn(&T, &mut String) -> fmt::Result) -> String {
    let mut json = String::from("[");
    for item in items {
        if json.len() > 1 {
            json.push(',');
        }
        // Writing to a string does not fail.
        _ = write(item, &mut json);
    }
    json.push(']');
    json
}

struct Hex<'b>(&'b [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_json_rows() {
        let mut json = String::new();
        for value in [
            Value::from("aZ\u{1}😀"),
            Value::username(Some("b")),
            true.into(),
            (-7).into(),
            Uuid::from_u128(1).into(),
            Timestamp::UNIX_EPOCH.into(),
            Value::Integer(None),
        ] {
            value.write_json(&mut json).unwrap();
            json.push(' ');
        }
        let id = "\"00000000000000000000000000000001\"";
        assert_eq!(json, format!("\"615a01f09f9880\" \"62\" 1 -7 {id} 0 null "));
        for value in
            [Value::Bytes(vec![]), Value::Integers(vec![]), Value::Uuids(vec![]), Value::Column(vec![])]
        {
            assert!(value.write_json(&mut json).is_err(), "{value:?}");
        }
    }

    #[test]
    fn lists_are_json_arrays() {
        assert_eq!(json_integers(&[]), "[]");
        assert_eq!(json_integers(&[1, -2]), "[1,-2]");
        assert_eq!(json_uuids(&[Uuid::nil()]), format!("[\"{}\"]", "0".repeat(32)));
    }
}
