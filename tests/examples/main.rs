//! Every example runs as a user would start it: as a process, with real requests, and the stored state is checked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod accounts;
mod adopt;
mod browser;
mod host_rules;
mod jwt;
mod process;
mod programs;
mod servers;
