//! Shared test support, and the recorded corpus with the rules that compare responses with it.
//!
//! What it must not know: implementations. It uses the product as clients and hosts do.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "support code of tests fails by panicking"
)]

pub mod binary;
pub mod connecting;
pub mod corpus;
pub mod counting;
pub mod dropped;
pub mod encrypted;
pub mod faults;
pub mod fixture;
pub mod history;
pub mod host;
pub mod importing;
pub mod lifecycle;
pub mod lists;
pub mod pushing;
pub mod races;
pub mod receiver;
pub mod references;
pub mod replay;
pub mod rows;
pub mod server_suite;
pub mod servers;
pub mod serving;
pub mod sql_files;
pub mod stall;
pub mod text_keys;

/// The examples of the project's README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
