//! JSON values: sharing, comparison, containment, size and difference.
//!
//! This module is the lowest of the crate and imports no other. Its functions recurse once per level of nesting, as
//! dropping and printing a `Value` do. The parser of a value bounds its depth: requests to
//! [`MAX_DEPTH`](crate::field::MAX_DEPTH), stores to a few hundred levels.

mod changed;
mod compare;
mod contains;
mod measure;
mod shared;

pub(crate) use changed::changed_part;
pub(crate) use compare::{equal_by_value, identical};
pub use contains::json_contains;
pub(crate) use measure::{Size, count_nodes, for_each_value};
pub use shared::SharedJson;

/// A JSON object, as user and group attributes are.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
