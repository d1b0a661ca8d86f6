//! The races of `userbook_tests::races` on stores without a server.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod memory;
mod sqlite;
