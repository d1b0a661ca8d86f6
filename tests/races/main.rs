//! The races of `userbook_tests::races`, on the stores that need no server.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod memory;
mod sqlite;
