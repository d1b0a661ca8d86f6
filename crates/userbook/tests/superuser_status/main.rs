//! Superuser status under any operation of any actor in any hierarchy: random directories, actors and operations, and
//! an oracle that evaluates the rules independently.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod action;
mod cases;
mod directory;
mod laws;
mod oracle;

use proptest::{prelude::*, test_runner::Config};

/// The number of cases: 1,000, times `USERBOOK_PROPTEST_FACTOR`.
fn cases() -> u32 {
    let factor = std::env::var("USERBOOK_PROPTEST_FACTOR").map(|factor| factor.parse::<u32>().unwrap());
    factor.unwrap_or(1).saturating_mul(1_000)
}

proptest! {
    #![proptest_config(Config { cases: cases(), failure_persistence: None, ..Config::default() })]

    #[test]
    fn superuser_status_changes_only_by_right(
        directory in directory::any(),
        operations in prop::collection::vec(action::any(), 1..12),
    ) {
        laws::hold(&directory, &operations)?;
    }
}
