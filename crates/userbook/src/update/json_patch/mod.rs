//! JSON Patch (RFC 6902) on a user.

mod budget;
mod document;
mod operation;
mod read;
mod read_only;
mod secrets;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use self::{
    budget::{Budget, Exceeded},
    document::Document,
    operation::Fault,
};
use super::FieldOps;
use crate::{field::MAX_DEPTH, json::JsonObject, policy::Policy};

pub(super) use document::Stored;
pub(crate) use document::{external_ids_json, stored_field};
pub use read::json_type;
pub use read_only::ReadOnlyMembers;

/// A JSON Patch that cannot be applied to the stored user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatchFailure {
    /// A `test` found another value, or none.
    #[error("operation {operation}: test at {path:?} failed")]
    TestFailed {
        /// The index of the operation, starting with 0.
        operation: usize,
        /// The path, a JSON pointer.
        path: String,
    },
    /// An operation names a location that does not exist or is read-only.
    #[error("operation {operation}: {path:?} does not exist or cannot be written")]
    Inapplicable {
        /// The index of the operation, starting with 0.
        operation: usize,
        /// The location, a JSON pointer.
        path: String,
    },
    /// A `copy` or `move` would take a secret attribute to another location.
    #[error("operation {operation}: {path:?} contains a secret attribute and cannot be copied or moved")]
    SecretSource {
        /// The index of the operation, starting with 0.
        operation: usize,
        /// The source, a JSON pointer.
        path: String,
    },
    /// The patch has more operations than [`Limits::patch_operations`](crate::Limits::patch_operations).
    #[error("patch exceeds {limit} operations (got {count})")]
    TooManyOperations {
        /// The limit.
        limit: usize,
        /// The number of operations.
        count: usize,
    },
    /// The operations produce and visit more than [`Limits::patch_bytes`](crate::Limits::patch_bytes).
    #[error("operation {operation}: patch produces and visits more than {limit} bytes of JSON")]
    TooLarge {
        /// The index of the operation that exceeds the limit, starting with 0.
        operation: usize,
        /// The limit in bytes of compact JSON.
        limit: usize,
    },
    /// A [computed update](super::UserUpdate::computed) does not fit the stored user.
    #[error("{message}")]
    Custom {
        /// The stable code of the host.
        code: &'static str,
        /// The message.
        message: Cow<'static, str>,
    },
    /// An operation would make the result nest more than [`MAX_DEPTH`] levels.
    #[error("operation {operation}: value at {path:?} exceeds {limit} levels of nesting")]
    TooDeep {
        /// The index of the operation, starting with 0.
        operation: usize,
        /// The path, a JSON pointer.
        path: String,
        /// The limit in levels of the attributes.
        limit: usize,
    },
}

impl PatchFailure {
    /// The stable code, for programs and translations. The guide [codes](crate::docs::codes) lists all.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TestFailed { .. } => "patch_test_failed",
            Self::Inapplicable { .. } => "patch_inapplicable",
            Self::SecretSource { .. } => "patch_secret_source",
            Self::Custom { code, .. } => code,
            Self::TooManyOperations { .. } | Self::TooLarge { .. } | Self::TooDeep { .. } => {
                "patch_too_large"
            }
        }
    }

    /// The parameters of the message, by name: `operation`, `path`, `limit`, `count`.
    pub fn params(&self) -> JsonObject {
        let mut params = JsonObject::new();
        let mut put = |name: &str, value: Value| _ = params.insert(name.to_owned(), value);
        match self {
            Self::TestFailed { operation, path }
            | Self::Inapplicable { operation, path }
            | Self::SecretSource { operation, path } => {
                put("operation", (*operation).into());
                put("path", path.as_str().into());
            }
            Self::TooManyOperations { limit, count } => {
                put("limit", (*limit).into());
                put("count", (*count).into());
            }
            Self::TooLarge { operation, limit } => {
                put("operation", (*operation).into());
                put("limit", (*limit).into());
            }
            Self::Custom { .. } => {}
            Self::TooDeep { operation, path, limit } => {
                put("operation", (*operation).into());
                put("path", path.as_str().into());
                put("limit", (*limit).into());
            }
        }
        params
    }
}

/// A patch with the read-only members for its tests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPatch {
    pub(super) patch: Patch,
    pub(super) read_only: Option<ReadOnlyMembers>,
}

impl JsonPatch {
    /// Returns the requested value of each field, given the stored values.
    ///
    /// The budget covers what the operations produce and visit. It does not cover the copy of the stored attributes at
    /// the first write: the load has read as many bytes, and a user whose attributes exceed the budget can still be
    /// patched.
    pub(super) fn resolve(&self, stored: Stored<'_>, policy: &Policy) -> Result<FieldOps, PatchFailure> {
        let (limits, operations) = (policy.limits(), &self.patch.0);
        if operations.len() > limits.patch_operations {
            let (limit, count) = (limits.patch_operations, operations.len());
            return Err(PatchFailure::TooManyOperations { limit, count });
        }
        let mut budget = Budget::new(limits.patch_bytes);
        let mut document = Document::new(stored, self.read_only.as_ref());
        for (index, operation) in operations.iter().enumerate() {
            operation::apply(operation, &mut document, &mut budget, policy)
                .map_err(|fault| PatchFailure::new(fault, index, operation, limits.patch_bytes))?;
        }
        Ok(read::field_ops(document))
    }
}

impl PatchFailure {
    fn new(fault: Fault, operation: usize, step: &PatchOperation, limit: usize) -> Self {
        let path = || step.path().to_string();
        match fault {
            Fault::Unequal => Self::TestFailed { operation, path: path() },
            Fault::Inapplicable => Self::Inapplicable { operation, path: path() },
            Fault::InapplicableSource | Fault::Secret => {
                let path = match step {
                    PatchOperation::Copy(copy) => copy.from.to_string(),
                    PatchOperation::Move(step) => step.from.to_string(),
                    _ => path(),
                };
                if fault == Fault::Secret {
                    Self::SecretSource { operation, path }
                } else {
                    Self::Inapplicable { operation, path }
                }
            }
            Fault::Exceeded(Exceeded::Bytes) => Self::TooLarge { operation, limit },
            Fault::Exceeded(Exceeded::Depth) => Self::TooDeep { operation, path: path(), limit: MAX_DEPTH },
        }
    }
}
