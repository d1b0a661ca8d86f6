//! Verdicts of policies on a real directory, the examples' among them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]
#![allow(clippy::wildcard_imports, reason = "the stage is set for all of them")]

mod examples;
mod lists;
mod loading;
mod permissions;
mod stage;
mod verdicts;
