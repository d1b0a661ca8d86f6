//! JSON Patch (RFC 6902) on a user.

mod budget;
mod document;
mod operation;
mod read;
mod read_only;
mod secrets;
#[cfg(test)]
mod tests;

use json_patch::{Patch, PatchOperation};

use self::{
    budget::{Budget, Exceeded},
    document::Document,
    operation::Fault,
};
use super::FieldOps;
use crate::{field::MAX_DEPTH, policy::Policy};

pub(super) use document::Stored;
pub(crate) use document::stored_field;
pub use read::json_type;
pub use read_only::ReadOnlyMembers;

/// A JSON Patch that cannot be applied to the stored user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchFailure {
    /// A `test` finds another value, or none.
    #[error("operation {operation}: test at {path:?} failed")]
    TestFailed {
        /// Index of the operation, from 0.
        operation: usize,
        /// Its path, a JSON pointer.
        path: String,
    },
    /// An operation names a place that does not exist or cannot be written.
    #[error("operation {operation}: {path:?} does not exist or cannot be written")]
    Inapplicable {
        /// Index of the operation, from 0.
        operation: usize,
        /// The place, a JSON pointer.
        path: String,
    },
    /// A `copy` or `move` takes a secret attribute out of its place.
    #[error("operation {operation}: {path:?} holds a secret attribute and cannot be copied or moved")]
    SecretSource {
        /// Index of the operation, from 0.
        operation: usize,
        /// Its source, a JSON pointer.
        path: String,
    },
    /// The patch has more operations than [`Limits::patch_operations`](crate::Limits::patch_operations).
    #[error("patch exceeds {limit} operations (got {count})")]
    TooManyOperations {
        /// Maximum.
        limit: usize,
        /// Operations of the patch.
        count: usize,
    },
    /// The operations produce and visit more than [`Limits::patch_bytes`](crate::Limits::patch_bytes).
    #[error("operation {operation}: patch produces and visits more than {limit} bytes of JSON")]
    TooLarge {
        /// Index of the operation that exceeds the limit, from 0.
        operation: usize,
        /// Maximum, in bytes of compact JSON.
        limit: usize,
    },
    /// An operation places a value so deep that the result nests more than [`MAX_DEPTH`] levels.
    #[error("operation {operation}: value at {path:?} exceeds {limit} levels of nesting")]
    TooDeep {
        /// Index of the operation, from 0.
        operation: usize,
        /// Its path, a JSON pointer.
        path: String,
        /// Maximum, in levels of the attributes.
        limit: usize,
    },
}

/// A patch, and what its tests see beyond the core.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPatch {
    pub(super) patch: Patch,
    pub(super) read_only: Option<ReadOnlyMembers>,
}

impl JsonPatch {
    /// What the patch wants each field to become, given what is stored now.
    ///
    /// The budget covers what the operations produce and visit. It does not cover the copy of the stored attributes
    /// that the first write to them makes: the load has read as many bytes, and a user whose attributes exceed the
    /// budget can still be patched.
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
