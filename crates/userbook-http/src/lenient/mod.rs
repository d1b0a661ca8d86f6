//! authentik's leniency: the forms that a JSON body may use for each value.
//!
//! The core takes typed values and trusts them. Only here a number stands for a text, `"yes"` for a boolean, a week date
//! for a moment, and a UUID has any of five forms.

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
