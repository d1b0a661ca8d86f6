//! The PostgreSQL store where it differs from others: what waits for what, what failures mean, and how many
//! messages it takes.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod corrupt;
mod failures;
mod hanging;
mod lists;
mod lost;
mod migrate;
mod plans;
mod races;
mod recorded;
mod server;
mod statements;
mod transactions;
mod waits;

use userbook_tests::{rows, servers::postgres::Database};

/// Users 1 to 3, the second of them in group 1, and groups 1 to 3.
async fn prepared() -> Database {
    rows::prepared().await
}
