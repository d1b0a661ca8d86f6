//! The service over a store, an authorizer and a clock that do as they are told: what it retries, what it
//! reports, and what it never does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod doubt;
mod people;
mod provisioning;
mod refusals;
mod retries;
mod script;
