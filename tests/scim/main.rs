//! The SCIM service provider: requests of identity providers, attacks, lists, bulk requests, races.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod attacks;
mod bulk;
mod empty_values;
mod lists;
mod mapped;
mod mounted;
mod okta_spec;
mod probing;
mod provider;
mod races;
mod recorded;
mod removed;
mod users;
mod vendors;

/// Expands the tests of a module for each store.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(userbook_tests::fixture::Kind::Memory).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(userbook_tests::fixture::Kind::Postgres).await;
            })+
        }
        mod mariadb {
            $(#[tokio::test]
            async fn $name() {
                super::$name(userbook_tests::fixture::Kind::MariaDb).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(userbook_tests::fixture::Kind::Sqlite).await;
            })+
        }
    };
}
use on_each_store;
