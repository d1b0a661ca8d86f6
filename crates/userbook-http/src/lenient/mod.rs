//! authentik's leniency, all of it: what a JSON body may say, and what the library understands by it.
//!
//! The core takes typed values and trusts them. Here, and nowhere else, a number stands for a text, `"yes"` for
//! a boolean, a week date for a moment, and a UUID comes in any of five forms.

mod boolean;
mod datetime;
mod fields;
mod groups;
mod integer;
mod iso8601;
pub(crate) mod json;
mod number;
mod python_repr;
mod reader;

pub(crate) use fields::{Attributes, field_ops};
pub(crate) use integer::{IntegerFault, integer};
