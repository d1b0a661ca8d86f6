//! The service over a scripted store, authorizer and clock: retries, errors, and what is never reported.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod ambiguous_commit;
mod denials;
mod lists;
mod provisioning;
mod retries;
mod scripted_store;
mod users;
