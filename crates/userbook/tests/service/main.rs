//! The service over a scripted store, authorizer and clock: retries, errors, and what is never reported.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod ambiguous_commit;
mod delivery;
mod denials;
mod lists;
mod members;
mod provisioning;
mod provisioning_doubt;
mod retries;
mod rules;
mod scopes;
mod scripted_store;
mod sessions;
mod takeover;
mod users;
