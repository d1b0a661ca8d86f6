//! Shared JSON values.

use std::{ops::Deref, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A JSON value that clones share. An update clones a user with its attributes several times: into the snapshot, the
/// decision, the event and the response. None of these clones copies the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedJson(Arc<Value>);

impl SharedJson {
    /// Returns the value for writing. Copies the value first if other clones exist.
    pub fn make_mut(&mut self) -> &mut Value {
        Arc::make_mut(&mut self.0)
    }

    /// Returns the value. Copies the value if other clones exist.
    pub fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.0)
    }
}

impl Deref for SharedJson {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl<T: Into<Value>> From<T> for SharedJson {
    fn from(value: T) -> Self {
        Self(Arc::new(value.into()))
    }
}

impl PartialEq<Value> for SharedJson {
    fn eq(&self, other: &Value) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<SharedJson> for Value {
    fn eq(&self, other: &SharedJson) -> bool {
        *self == *other.0
    }
}

impl Serialize for SharedJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn clones_share_until_one_is_written() {
        let value = SharedJson::from(json!({"a": [1]}));
        let mut copy = value.clone();
        assert!(Arc::ptr_eq(&value.0, &copy.0));
        copy.make_mut()["a"] = json!(2);
        assert_eq!(value, json!({"a": [1]}));
        assert_eq!(copy.into_value(), json!({"a": 2}));
    }

    #[test]
    fn serde_sees_the_value_itself() {
        let value = SharedJson::from(json!({"a": [1, null]}));
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, r#"{"a":[1,null]}"#);
        assert_eq!(serde_json::from_str::<SharedJson>(&text).unwrap(), value);
    }
}
