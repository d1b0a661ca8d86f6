//! Properties of the PostgreSQL store: lock waits, classification of failures, and number of messages.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod corrupt;
mod failures;
mod hanging;
mod import;
mod lists;
mod lost;
mod migrate;
mod plans;
mod races;
mod recorded;
mod server;
mod statements;
mod tls;
mod transactions;
mod waits;

use userbook_tests::{rows, servers::postgres::Database};

/// Returns users 1 to 3 and groups 1 to 3; user 2 is a member of group 1.
async fn prepared() -> Database {
    rows::prepared().await
}
