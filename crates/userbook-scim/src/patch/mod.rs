//! PATCH (RFC 7644 §3.5.2): reads the operations of a request, and applies them to a document.
//!
//! Reading happens once. Applying happens in each attempt, on the document of the user as stored then.

mod apply;
mod members;
mod read;
mod resolve;

use serde_json::Value;

pub(crate) use apply::apply;
pub(crate) use members::{GroupPatch, MembersChange, group_patch, ids, require_ids};
pub(crate) use read::read;
pub(crate) use resolve::resolve;

use crate::{
    Strictness,
    resource::{Place, Target},
};

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Replace,
    Remove,
}

/// One operation on one target. An operation without a path becomes one step for each attribute of its value.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) target: Target,
    /// The canonical value, in which null removes a member of an object. `None` is no value: the operation removes the
    /// target. A removal with a value removes these elements of the target only.
    pub(crate) value: Option<Value>,
}

/// The operations of a request.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    pub(crate) steps: Vec<Step>,
    pub(crate) strictness: Strictness,
    /// The limit of bytes that the operations write and compare.
    pub(crate) bytes: usize,
}

impl Step {
    /// Returns the place, if the target is not an extension as a whole.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.target.place()
    }
}

#[cfg(test)]
mod tests;
