//! Applies an operation to the stored attributes.

use serde_json::Value;

use super::AttributesOp;
use crate::{
    field::{Attributes, FieldErrors},
    json::{SharedJson, identical},
};

impl AttributesOp {
    /// Returns the resulting attributes; `None` if their representation stays the same. A stored value that violates a
    /// current rule does not block operations that keep it.
    ///
    /// A merge costs the size of the patch, and a copy of the stored value if it changes anything.
    /// [`Attributes::check_limits`] limits the result.
    ///
    /// # Errors
    /// All violations of the result.
    pub(crate) fn apply(&self, stored: &SharedJson) -> Result<Option<Attributes>, FieldErrors> {
        match self {
            Self::Replace(attributes) => {
                Ok((!identical(attributes.as_value(), stored)).then(|| attributes.clone()))
            }
            Self::Merge(patch) if !changes(stored, patch) => Ok(None),
            Self::Merge(patch) => {
                let mut merged = stored.clone();
                json_patch::merge(merged.make_mut(), patch);
                merged.try_into().map(Some)
            }
        }
    }
}

/// Returns whether a merge patch (RFC 7396) changes a document.
fn changes(document: &Value, patch: &Value) -> bool {
    let Value::Object(patch) = patch else { return !identical(document, patch) };
    let Value::Object(members) = document else { return true };
    patch.iter().any(|(key, patch)| match members.get(key) {
        None => !patch.is_null(),
        Some(_) if patch.is_null() => true,
        Some(member) => changes(member, patch),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{field::MAX_DEPTH, violation::ViolationKind};
    use serde_json::json;

    fn merge(stored: &Value, patch: Value) -> Result<Option<Value>, FieldErrors> {
        let merged = AttributesOp::Merge(patch).apply(&stored.clone().into())?;
        Ok(merged.map(Value::from))
    }

    #[test]
    fn merges_by_rfc_7396() {
        let stored = json!({"a": {"b": 1, "c": null}, "d": [1], "n": 1.0});
        for (patch, expected) in [
            (json!({}), None),
            (json!({"x": null}), None),
            (json!({"a": {"b": 1}}), None),
            (json!({"a": {"x": null}}), None),
            (json!({"d": [1]}), None),
            (json!({"a": {"b": 2}}), Some(json!({"a": {"b": 2, "c": null}, "d": [1], "n": 1.0}))),
            (json!({"a": {"c": null}}), Some(json!({"a": {"b": 1}, "d": [1], "n": 1.0}))),
            (json!({"a": null, "d": null}), Some(json!({"n": 1.0}))),
            (
                json!({"d": {"x": {"y": null}}}),
                Some(json!({"a": {"b": 1, "c": null}, "d": {"x": {}}, "n": 1.0})),
            ),
            (json!({"e": {}}), Some(json!({"a": {"b": 1, "c": null}, "d": [1], "e": {}, "n": 1.0}))),
            (json!({"n": 1}), Some(json!({"a": {"b": 1, "c": null}, "d": [1], "n": 1}))),
        ] {
            assert_eq!(merge(&stored, patch.clone()), Ok(expected), "{patch}");
        }
        assert_eq!(merge(&json!("odd"), json!({})), Ok(Some(json!({}))));
    }

    #[test]
    fn the_result_obeys_the_rules() {
        let deep = (1..MAX_DEPTH).fold(json!({}), |inner, _| json!({ "a": inner }));
        let deeper = (1..MAX_DEPTH).fold(json!({"x": {}}), |inner, _| json!({ "a": inner }));
        let too_deep = ViolationKind::TooDeep { limit: MAX_DEPTH };
        assert_eq!(merge(&json!({}), deep.clone()), Ok(Some(deep.clone())));
        assert_eq!(merge(&deep, deeper), Err(too_deep.clone().into()));
        // A stored value that violates a rule is kept while nothing changes.
        let stored = json!({ "a": deep });
        assert_eq!(merge(&stored, json!({"b": null})), Ok(None));
        assert_eq!(merge(&stored, json!({"b": 1})), Err(too_deep.into()));
        assert_eq!(merge(&stored, json!({"a": null})), Ok(Some(json!({}))));
    }

    #[test]
    fn a_replacement_with_the_same_representation_changes_nothing() {
        let replace = |value: Value| AttributesOp::Replace(Attributes::try_from(value).unwrap());
        let stored = json!({"v": 10_000.0, "w": 1}).into();
        assert_eq!(replace(json!({"w": 1, "v": 10_000.0})).apply(&stored), Ok(None));
        let changed = Attributes::try_from(json!({"v": 10_000, "w": 1})).unwrap();
        assert_eq!(replace(json!({"v": 10_000, "w": 1})).apply(&stored), Ok(Some(changed)));
    }
}
