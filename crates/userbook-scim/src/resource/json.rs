//! JSON that borrows its texts, for a resource on its way to a client.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;
use uuid::Uuid;

use super::Document;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Json<'j> {
    Text(Cow<'j, str>),
    Flag(bool),
    Id(Uuid),
    List(Vec<Json<'j>>),
    Object(Object<'j>),
    /// A value that a user's attributes contain.
    Stored(Value),
}

impl<'j> From<&'j str> for Json<'j> {
    fn from(text: &'j str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl Json<'_> {
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.into_owned().into(),
            Self::Flag(flag) => flag.into(),
            Self::Id(id) => id.to_string().into(),
            Self::List(items) => items.into_iter().map(Json::into_value).collect(),
            Self::Object(object) => object.into_document().into(),
            Self::Stored(value) => value,
        }
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Id(id) => {
                serializer.serialize_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(object) => object.serialize(serializer),
            Self::Stored(value) => value.serialize(serializer),
        }
    }
}

/// An object. Each name occurs once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'j>(Vec<(Cow<'j, str>, Json<'j>)>);

impl<'j> Object<'j> {
    pub(crate) fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// Creates an object of these members, whose names differ.
    pub(crate) fn of<const N: usize>(members: [(&'j str, Json<'j>); N]) -> Self {
        Self(members.map(|(name, value)| (name.into(), value)).into())
    }

    /// Sets a member.
    pub(crate) fn set(&mut self, name: impl Into<Cow<'j, str>>, value: Json<'j>) {
        let name = name.into();
        match self.0.iter_mut().find(|(it, _)| *it == name) {
            Some((_, present)) => *present = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(it, _)| it != name);
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(it, _)| it == name)
    }

    pub(crate) fn into_document(self) -> Document {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.into_value())).collect()
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name.as_ref(), value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_and_document_are_equal() {
        let id = Uuid::from_u128(7);
        let inner = Object::of([("value", Json::Id(id)), ("primary", Json::Flag(true))]);
        let mut object = Object::of([("a", "é\"".into()), ("b", Json::List(vec![Json::Object(inner)]))]);
        object.set("c", Json::Stored(json!({"x": [1, null]})));
        object.set("a", String::from("z").into());
        object.set("d", Json::List(Vec::new()));
        assert!(object.contains("d"));
        object.remove("d");
        let expected = json!({"a": "z", "b": [{"value": id, "primary": true}], "c": {"x": [1, null]}});
        assert_eq!(serde_json::to_value(&object).unwrap(), expected);
        assert_eq!(Value::Object(object.into_document()), expected);
    }
}
