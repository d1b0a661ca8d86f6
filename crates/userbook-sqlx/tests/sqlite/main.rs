//! The SQLite store on databases of its own, in files, as hosts have them.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod conformance;
mod corrupt;
mod database;
mod failures;
mod migrate;
mod plans;
mod transactions;
