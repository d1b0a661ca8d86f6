//! Tenants: one store each, opened on demand, and isolated from each other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

mod conformance;
mod fixture;
mod isolation;
mod life;
mod many;
mod recorded;
mod server;
