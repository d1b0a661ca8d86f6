//! Listing users and groups: what is the same in every dialect.
//!
//! A listing has many filters and orders, most of them absent. One statement for all of them
//! (`$1 IS NULL OR …`) would be planned for none, so the statement that finds the rows is [put together](ListStatement)
//! from fixed pieces and parameters; what then reads the rows of one page is a plain file again. Both run in one
//! read transaction.
//!
//! What it must not know: how a database expresses conditions ([`Dialect`]).

mod dialect;
mod groups;
mod page;
mod query;
mod read;
mod statement;
mod users;

pub(crate) use dialect::after_all_that_begin;
pub(crate) use dialect::{Dialect, SearchColumn};
#[cfg(test)]
pub(crate) use query::{Projection, Query};
pub(crate) use read::{list_groups, list_users};
pub(crate) use statement::ListStatement;
