//! Verdicts of policies on a directory, including the example policies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]
#![allow(clippy::wildcard_imports, reason = "every module uses the fixture")]

mod examples;
mod fixture;
mod grantors;
mod lists;
mod loading;
mod permissions;
mod verdicts;
