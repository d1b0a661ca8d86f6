//! Shared parts of the fuzz targets: a small directory behind the endpoint, requests parsed from bytes, and invariants
//! after each request.
//!
//! The targets use the product as clients and hosts do; nothing is public only for fuzzing. No runtime is necessary:
//! the memory store never waits, so every future is ready at the first poll.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "fuzz targets fail by panicking"
)]

pub mod directory;
pub mod fixture;
pub mod invariants;
pub mod message;
pub mod scim;

pub use directory::Directory;
pub use fixture::{Answer, Fixture};
pub use invariants::{Before, check};
pub use message::{Message, messages};
