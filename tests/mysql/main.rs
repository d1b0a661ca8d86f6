//! The MariaDB store where it differs from others: what waits for what, what failures mean, and how many
//! statements it takes.
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
mod transactions;
mod values;
mod waits;
