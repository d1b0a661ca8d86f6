//! authentik's lenient parsing: the accepted forms of each JSON value.
//!
//! The core uses typed values. Only this module accepts a number as text, `"yes"` as boolean, a week date as time, and
//! UUIDs in five forms.

mod boolean;
mod datetime;
mod fields;
mod group_fields;
mod groups;
mod integer;
mod iso8601;
pub(crate) mod json;
mod number;
mod python_repr;
mod python_text;
mod reader;

pub(crate) use boolean::boolean;
pub(crate) use datetime::{DateTimeFault, parse_datetime};
pub(crate) use fields::{Attributes, field_ops};
pub(crate) use group_fields::{PARENTS, group_field, group_ops, roles};
pub(crate) use integer::{IntegerFault, integer};
pub(crate) use python_repr::python_repr;
pub(crate) use python_text::{python_int, python_uuid};
