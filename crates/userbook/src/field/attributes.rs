//! Free attributes: a JSON object that every store can store.

use serde_json::Value;

use super::FieldErrors;
use crate::{
    json::{JsonObject, SharedJson, Size},
    limits::Limits,
    violation::ViolationKind,
};

/// The maximum nesting depth of attributes, the object included. Stores accept this depth; deeper values are rejected.
pub const MAX_DEPTH: usize = 256;

/// A user's attributes: a JSON object without U+0000 in keys and texts (PostgreSQL cannot store it), nested at most
/// [`MAX_DEPTH`] levels (authentik's `User.attributes`).
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes(SharedJson);

impl Attributes {
    /// Checks the object.
    ///
    /// # Errors
    /// [`ViolationKind::TooDeep`], [`ViolationKind::NullCharacter`] or [`ViolationKind::ReservedKey`].
    pub fn new(object: JsonObject) -> Result<Self, FieldErrors> {
        Value::Object(object).try_into()
    }

    /// Returns the object.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Checks [`Limits::attribute_bytes`] and [`Limits::attribute_nodes`]. These limits are not part of the type: the
    /// decision applies those of its policy to changed attributes.
    pub fn check_limits(&self, limits: &Limits) -> Option<ViolationKind> {
        attribute_limits(&self.0, limits)
    }

    /// Returns the object, shared with this value.
    pub fn to_shared(&self) -> SharedJson {
        self.0.clone()
    }
}

/// Returns the limit that the attributes of a user or group exceed, if any.
pub(crate) fn attribute_limits(value: &Value, limits: &Limits) -> Option<ViolationKind> {
    let Limits { attribute_bytes: bytes, attribute_nodes: nodes, .. } = *limits;
    if bytes == usize::MAX && nodes == usize::MAX {
        return None;
    }
    let size = Size::of(value);
    if size.bytes > bytes {
        Some(ViolationKind::TooLarge { limit: bytes, size: size.bytes })
    } else {
        (size.nodes > nodes).then_some(ViolationKind::TooManyValues { limit: nodes, count: size.nodes })
    }
}

impl Default for Attributes {
    fn default() -> Self {
        Self(Value::Object(JsonObject::new()).into())
    }
}

impl TryFrom<JsonObject> for Attributes {
    type Error = FieldErrors;

    fn try_from(object: JsonObject) -> Result<Self, FieldErrors> {
        Self::new(object)
    }
}

impl TryFrom<Value> for Attributes {
    type Error = FieldErrors;

    fn try_from(value: Value) -> Result<Self, FieldErrors> {
        SharedJson::from(value).try_into()
    }
}

impl TryFrom<SharedJson> for Attributes {
    type Error = FieldErrors;

    fn try_from(value: SharedJson) -> Result<Self, FieldErrors> {
        let Value::Object(object) = &*value else {
            return Err(ViolationKind::NotAnObject.into());
        };
        match object_fault(object, MAX_DEPTH) {
            Some(fault) => Err(fault.into()),
            None => Ok(Self(value)),
        }
    }
}

impl From<Attributes> for Value {
    fn from(attributes: Attributes) -> Self {
        attributes.0.into_value()
    }
}

fn object_fault(object: &JsonObject, levels: usize) -> Option<ViolationKind> {
    let Some(inner) = levels.checked_sub(1) else {
        return Some(ViolationKind::TooDeep { limit: MAX_DEPTH });
    };
    object.iter().find_map(|(key, value)| key_fault(key).or_else(|| value_fault(value, inner)))
}

fn key_fault(key: &str) -> Option<ViolationKind> {
    // With the features `raw_value` or `arbitrary_precision`, which any crate of the host's build may enable,
    // serde_json interprets an object with such a key.
    const RESERVED: &str = "$serde_json::private::";
    if key.contains('\0') {
        return Some(ViolationKind::NullCharacter);
    }
    key.starts_with(RESERVED).then(|| ViolationKind::ReservedKey { key: key.to_owned() })
}

/// Returns the first violation; `levels` limits the recursion.
fn value_fault(value: &Value, levels: usize) -> Option<ViolationKind> {
    match value {
        Value::String(text) => text.contains('\0').then_some(ViolationKind::NullCharacter),
        Value::Object(object) => object_fault(object, levels),
        Value::Array(items) => {
            let Some(inner) = levels.checked_sub(1) else {
                return Some(ViolationKind::TooDeep { limit: MAX_DEPTH });
            };
            items.iter().find_map(|item| value_fault(item, inner))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn nested(levels: usize) -> Value {
        (1..levels)
            .fold(json!({}), |inner, n| if n % 2 == 0 { json!({ "a": inner }) } else { json!([inner]) })
    }

    #[test]
    fn each_limit_holds_without_the_other() {
        let value = serde_json::json!({"a": [1, 2]});
        let unlimited =
            Limits { attribute_bytes: usize::MAX, attribute_nodes: usize::MAX, ..Limits::default() };
        let bytes = Limits { attribute_bytes: 3, ..unlimited.clone() };
        let nodes = Limits { attribute_nodes: 3, ..unlimited.clone() };
        assert_eq!(attribute_limits(&value, &unlimited), None);
        assert!(matches!(attribute_limits(&value, &bytes), Some(ViolationKind::TooLarge { limit: 3, .. })));
        let count = Some(ViolationKind::TooManyValues { limit: 3, count: 4 });
        assert_eq!(attribute_limits(&value, &nodes), count);
    }

    #[test]
    fn objects_and_values_become_the_same_attributes() {
        let value = serde_json::json!({"a": 1});
        let object = value.as_object().cloned().unwrap();
        let attributes = Attributes::try_from(object).unwrap();
        assert_eq!(Ok(&attributes), Attributes::try_from(value.clone()).as_ref());
        assert_eq!(Value::from(attributes), value);
    }

    #[test]
    fn rules() {
        let too_deep = ViolationKind::TooDeep { limit: MAX_DEPTH };
        for (value, expected) in [
            (json!({}), None),
            (json!({"": [1, -0.0, null, true, "x"]}), None),
            (json!({"a": nested(MAX_DEPTH - 1)}), None),
            (json!({"a": nested(MAX_DEPTH)}), Some(too_deep)),
            (json!({"a": ["x\0"]}), Some(ViolationKind::NullCharacter)),
            (json!({"a": {"\0": 1}}), Some(ViolationKind::NullCharacter)),
            (
                json!({"a": {"$serde_json::private::Number": "1"}}),
                Some(ViolationKind::ReservedKey { key: "$serde_json::private::Number".to_owned() }),
            ),
            (json!([]), Some(ViolationKind::NotAnObject)),
            (json!("{}"), Some(ViolationKind::NotAnObject)),
        ] {
            assert_eq!(Attributes::try_from(value).err(), expected.map(FieldErrors::from));
        }
    }

    #[test]
    fn limits_count_bytes_and_values() {
        let limits = Limits { attribute_bytes: 20, attribute_nodes: 4, ..Limits::default() };
        let too_large = |size| Some(ViolationKind::TooLarge { limit: 20, size });
        let too_many = |count| Some(ViolationKind::TooManyValues { limit: 4, count });
        for (value, expected) in [
            (json!({}), None),
            (json!({"a": "012345678901"}), None),
            (json!({"a": "0123456789012"}), too_large(21)),
            (json!({"a": "\n\n\n\n\n\nx"}), too_large(21)),
            (json!({"a": [1, 2]}), None),
            (json!({"a": [1, 2, 3]}), too_many(5)),
            (json!({"a": [1, 2, 3, 4, 5, 6, 7, 8]}), too_large(23)),
        ] {
            let attributes = Attributes::try_from(value.clone()).unwrap();
            assert_eq!(attributes.check_limits(&limits), expected, "{value}");
            assert_eq!(attributes.check_limits(&Limits::authentik_2025_2()), None);
        }
        let message = ViolationKind::TooLarge { limit: 65_536, size: 81_920 }.to_string();
        assert_eq!(message, "value exceeds 65536 bytes of JSON (got 81920)");
    }
}
