//! The recorded contract: requests that were sent to authentik 2025.2.4, its answers, the row left behind.

pub mod case;
pub mod compare;
mod read;

pub use case::{Case, Expect, Given};
pub use read::{cases, json, members, recorded};
