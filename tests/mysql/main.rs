//! Properties of the MariaDB store: lock waits, classification of failures, and number of statements.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod cluster;
mod contract;
mod corrupt;
mod failures;
mod lists;
mod lost;
mod migrate;
mod plans;
mod races;
mod server;
mod statements;
mod tls;
mod transactions;
mod values;
mod waits;
