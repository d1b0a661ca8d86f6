//! How much a JSON Patch may do.
//!
//! `copy` can double the document with every operation, and nest it twice as deep: forty short operations would
//! fill any memory, and the depth any stack. So what operations bring into place is measured before they run.

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use crate::MAX_DEPTH;

/// How many operations a JSON Patch may have.
pub const MAX_PATCH_OPERATIONS: usize = 256;

/// How many JSON values the operations of a patch may bring into place altogether.
const MAX_VALUES: usize = 1_000_000;

/// The JSON Patch does more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the patch does more than is allowed")]
pub struct PatchTooLarge;

pub(super) fn check_length(patch: &Patch) -> Result<(), PatchTooLarge> {
    if patch.0.len() > MAX_PATCH_OPERATIONS { Err(PatchTooLarge) } else { Ok(()) }
}

/// What is left of the values that operations may bring into place.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MAX_VALUES)
    }

    /// Whether the operation still fits: its values into what is left, its depth into [`MAX_DEPTH`] below the
    /// document.
    pub(super) fn admit(
        &mut self,
        document: &Value,
        operation: &PatchOperation,
    ) -> Result<(), PatchTooLarge> {
        let value = match operation {
            PatchOperation::Add(add) => Some(&add.value),
            PatchOperation::Replace(replace) => Some(&replace.value),
            PatchOperation::Move(from) => document.pointer(from.from.as_str()),
            PatchOperation::Copy(from) => document.pointer(from.from.as_str()),
            PatchOperation::Remove(_) | PatchOperation::Test(_) => None,
        };
        let Some(value) = value else { return Ok(()) };
        let levels = (MAX_DEPTH + 1).checked_sub(operation.path().count()).ok_or(PatchTooLarge)?;
        self.take(value, levels)
    }

    fn take(&mut self, value: &Value, levels: usize) -> Result<(), PatchTooLarge> {
        self.0 = self.0.checked_sub(1).ok_or(PatchTooLarge)?;
        if !(value.is_array() || value.is_object()) {
            return Ok(());
        }
        let inner = levels.checked_sub(1).ok_or(PatchTooLarge)?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.take(item, inner)),
            Value::Object(members) => members.values().try_for_each(|member| self.take(member, inner)),
            _ => Ok(()),
        }
    }
}
