//! The races of `userbook_tests::races`, on the stores that need no server.

mod memory;
mod sqlite;
