//! Attacks that worked on an earlier version, one test per finding, and others of the same classes. Names begin with
//! the number of the finding in the review (C critical, H high, M medium), or with what the attack tries.
//!
//! Tests in the process run in each [`Setting`](setting::Setting): a store, a framework and a source of rights. They
//! record the calls of store and authorizer, and count SQL statements. Tests on the built server limit its memory from
//! outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod amplification;
mod bombs;
mod database;
mod denied;
mod directory;
mod elevation;
mod filters;
mod fixture;
mod grants;
mod group_writes;
mod hidden;
mod library;
mod lifecycle;
mod mount;
mod names;
mod outbox;
mod probing;
mod seed;
mod server;
mod setting;
mod sockets;
mod stored;
mod takeover;
mod timing;
