//! JSON values: sharing, comparison, containment, size and difference.
//!
//! This is the lowest module of the crate and imports no other. Its functions recurse once per level of nesting, like
//! dropping and printing a `Value`. The parser of a value limits its depth: requests to
//! [`MAX_DEPTH`](crate::field::MAX_DEPTH), stores to a few hundred levels.

mod changed;
mod compare;
mod contains;
mod lookup;
mod measure;
mod order;
mod shared;
mod text;

pub(crate) use changed::changed_part;
pub(crate) use compare::{equal_by_value, identical};
pub use contains::json_contains;
pub use lookup::PathSegment;
pub(crate) use lookup::at_path;
pub(crate) use measure::{Size, count_nodes, for_each_value};
pub(crate) use order::compare_values;
pub use shared::SharedJson;
pub(crate) use text::spaced_text;

/// A JSON object, the form of user and group attributes.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
