//! The recorded contract: requests sent to authentik 2025.2.4, its responses, and the rows afterwards.

pub mod case;
pub mod compare;
mod read;

pub use case::{Case, Expect, Given};
pub use read::{cases, json, recorded};
