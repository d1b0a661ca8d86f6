//! The SQLite store on separate database files.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[cfg(target_os = "linux")]
mod close;
mod conformance;
mod corrupt;
mod database;
mod failures;
mod groups;
mod host_triggers;
mod migrate;
mod plans;
mod transactions;
