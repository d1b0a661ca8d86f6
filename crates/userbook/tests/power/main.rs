//! Whatever is done, by whomever, in whatever hierarchy: random directories, actors and sequences of steps, and
//! an oracle that knows the rules only by their purpose.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod action;
mod directory;
mod laws;
mod oracle;

use proptest::{prelude::*, test_runner::Config};

proptest! {
    #![proptest_config(Config { cases: 1000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn power_is_kept_in_the_right_hands(
        directory in directory::any(),
        steps in prop::collection::vec(action::any(), 1..12),
    ) {
        laws::hold(&directory, &steps)?;
    }
}
