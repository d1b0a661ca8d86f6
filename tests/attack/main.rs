//! Attacks that worked on an earlier version, one test per finding. Names begin with the number of the finding in the
//! review: C critical, H high, M medium.
//!
//! Tests in the process record the calls of store and authorizer, on the memory store and on SQLite. Tests on the
//! built server limit its memory from outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod bombs;
mod denied;
mod filters;
mod hidden;
mod outbox;
mod scene;
mod server;
mod stored;
mod takeover;
mod timing;
