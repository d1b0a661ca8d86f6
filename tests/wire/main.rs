//! What a client sees beyond the recorded release, end to end and on every store.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

/// Runs each of these tests once a store.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $test() { crate::run(super::$test(userbook_tests::fixture::Kind::Memory)); })+
        }
        mod sqlite {
            $(#[test] fn $test() { crate::run(super::$test(userbook_tests::fixture::Kind::Sqlite)); })+
        }
    };
}

/// The same on every database server too, for what is asked of a database in other words there.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {
        on_every_store!($($test),+);
        mod postgres {
            $(#[test] fn $test() { crate::run(super::$test(userbook_tests::fixture::Kind::Postgres)); })+
        }
        mod mariadb {
            $(#[test] fn $test() { crate::run(super::$test(userbook_tests::fixture::Kind::MariaDb)); })+
        }
    };
}

mod bodies;
mod denials;
mod dry_run;
mod etags;
mod failures;
mod groups;
mod guards;
mod hostile;
mod json_patch;
mod lists;
mod members;
mod merge_patch;
mod neighbours;
mod problems;
mod service;

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
