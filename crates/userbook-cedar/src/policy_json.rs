//! Cedar's JSON form of policies.

use serde_json::Value;

use crate::LoadError;

/// Returns whether `like` accepts a member anywhere in an expression.
pub(crate) fn mentions(expression: &Value, like: &impl Fn(&str, &Value) -> bool) -> bool {
    match expression {
        Value::Array(items) => items.iter().any(|item| mentions(item, like)),
        Value::Object(members) => {
            members.iter().any(|(name, value)| like(name, value) || mentions(value, like))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns the error for a policy that Cedar cannot convert to JSON and back.
pub(crate) fn unusable(error: impl std::error::Error + Send + Sync + 'static) -> LoadError {
    LoadError::Schema(Box::new(error))
}
