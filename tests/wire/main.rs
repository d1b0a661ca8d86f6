//! Behaviour over HTTP that goes beyond the recorded release, end to end and on every store.
//!
//! `userbook_tests::fixture` contains the directory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

/// Runs each of these tests once per store.
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

/// Runs tests of dialect-specific SQL on every database server as well.
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
mod content_last;
mod denials;
mod directory;
mod dry_run;
mod etags;
mod failures;
mod group_writes;
mod groups;
mod guards;
mod hidden_groups;
mod hostile;
mod json_patch;
mod limits;
mod lists;
mod members;
mod merge_patch;

mod numbers;
mod problems;
mod releases;
mod service;
mod slow_bodies;

use userbook::{PermissionAuthorizer, Policy, StaticPermissions, UserId, authz::Permission};
use userbook_tests::fixture::{AnyStore, Api, HELPER, VIEWER, api_with};

/// The API in which [`HELPER`] may also view groups.
fn api_with_groups(store: &AnyStore, policy: Policy) -> Api {
    let granted = [Permission::ViewUser, Permission::ChangeUser, Permission::ViewGroup].into_iter();
    let granted =
        granted.fold(StaticPermissions::none(), |all, permission| all.grant(UserId(HELPER), permission));
    api_with(store, policy, PermissionAuthorizer::new(granted.grant(UserId(VIEWER), Permission::ViewUser)))
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
