//! What the fuzz targets share: a small directory behind the endpoint, requests made of bytes, and what must hold
//! after each of them.
//!
//! Everything is reached as clients and hosts reach it: nothing of the product is public for the fuzzer's sake.
//! There is no runtime: the memory store never waits, so every future is ready when it is first polled.
#![allow(clippy::expect_used, clippy::missing_panics_doc, clippy::panic, reason = "fuzz targets fail by panicking")]

pub mod invariants;
pub mod message;
pub mod scene;

pub use invariants::{Before, check};
pub use message::{Message, messages};
pub use scene::{Answer, Scene};
