//! Where an attack runs: the store, the framework in front of the API, and the source of rights.

use std::fmt;

use userbook_tests::fixture::Kind;

/// What stands between the client and the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mount {
    /// The endpoint itself.
    Endpoint,
    /// axum's router.
    Axum,
    /// actix-web's routes.
    Actix,
}

/// Where rights come from. Both sources grant the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// A `PermissionAuthorizer` over static permissions.
    Permissions,
    /// A `CedarAuthorizer` over policies.
    Cedar,
}

/// One place where an attack runs. Failures name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) store: Kind,
    pub(crate) mount: Mount,
    pub(crate) rights: Rights,
}

impl Setting {
    pub(crate) const fn new(store: Kind, mount: Mount, rights: Rights) -> Self {
        Self { store, mount, rights }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, mount, rights } = self;
        write!(f, "[{store:?}, {mount:?}, {rights:?}]")
    }
}

/// Expands each function of a setting into one test for each setting of a list.
macro_rules! tests_in {
    ([$($name:ident: $store:ident $mount:ident $rights:ident,)+] $test:ident) => {
        mod $test {
            use userbook_tests::fixture::Kind;

            use crate::setting::{Mount, Rights, Setting};

            $(
                #[tokio::test]
                async fn $name() {
                    super::$test(Setting::new(Kind::$store, Mount::$mount, Rights::$rights)).await;
                }
            )+
        }
    };
}

/// Attacks over HTTP: every store, mount and source of rights, and on each store every pair of mount and rights that
/// the others leave out.
macro_rules! everywhere {
    ($($test:ident),+ $(,)?) => {$(
        $crate::setting::tests_in! {
            [
                memory: Memory Endpoint Permissions,
                memory_cedar: Memory Endpoint Cedar,
                memory_axum: Memory Axum Permissions,
                memory_axum_cedar: Memory Axum Cedar,
                memory_actix: Memory Actix Permissions,
                memory_actix_cedar: Memory Actix Cedar,
                sqlite: Sqlite Endpoint Permissions,
                sqlite_axum_cedar: Sqlite Axum Cedar,
                sqlite_actix: Sqlite Actix Permissions,
                postgres: Postgres Endpoint Permissions,
                postgres_axum: Postgres Axum Permissions,
                postgres_actix_cedar: Postgres Actix Cedar,
                mariadb: MariaDb Endpoint Permissions,
                mariadb_axum: MariaDb Axum Permissions,
                mariadb_actix_cedar: MariaDb Actix Cedar,
            ]
            $test
        }
    )+};
}

/// Attacks that no mount changes: on the library itself.
macro_rules! in_the_library {
    ($($test:ident),+ $(,)?) => {$(
        $crate::setting::tests_in! {
            [
                memory: Memory Endpoint Permissions,
                memory_cedar: Memory Endpoint Cedar,
                sqlite: Sqlite Endpoint Permissions,
                postgres: Postgres Endpoint Permissions,
                postgres_cedar: Postgres Endpoint Cedar,
                mariadb: MariaDb Endpoint Permissions,
            ]
            $test
        }
    )+};
}

/// Attacks that neither mount nor rights change.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {$(
        $crate::setting::tests_in! {
            [
                memory: Memory Endpoint Permissions,
                sqlite: Sqlite Endpoint Permissions,
                postgres: Postgres Endpoint Permissions,
                mariadb: MariaDb Endpoint Permissions,
            ]
            $test
        }
    )+};
}

pub(crate) use {everywhere, in_the_library, on_every_store, tests_in};
