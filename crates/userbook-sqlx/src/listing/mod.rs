//! Lists of users and groups.
//!
//! A list has many filters and orders, most of them absent. One statement for all of them (`$1 IS NULL OR …`) would
//! have a bad plan for each. The statement that finds the ids of a page is therefore [built](ListStatement) from fixed
//! pieces and parameters. The statement that reads the page is a file again. Both run in one read transaction.
//!
//! Only [`Dialect`] knows how a database expresses conditions.

mod dialect;
mod groups;
mod page;
mod query;
mod read;
mod scope;
mod statement;
mod users;

pub(crate) use dialect::Dialect;
pub(crate) use dialect::after_all_that_begin;
#[cfg(test)]
pub(crate) use query::{Projection, Query};
pub(crate) use read::{list_groups, list_paths, list_users};
pub(crate) use statement::ListStatement;
#[cfg(test)]
pub(crate) use users::paths;
