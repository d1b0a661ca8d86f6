//! What the tests of the whole share: the recorded corpus and how answers are compared with it.
//!
//! What it must not know: how anything is implemented. It speaks to the product as clients and hosts do.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "support code of tests fails by panicking"
)]

pub mod binary;
pub mod corpus;
pub mod counting;
pub mod faults;
pub mod fixture;
pub mod history;
pub mod host;
pub mod lists;
pub mod races;
pub mod replay;
pub mod rows;
pub mod servers;
pub mod serving;
pub mod sql_files;
pub mod stall;

/// The examples of the project's README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
