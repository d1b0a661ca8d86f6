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

/// Attacks over HTTP: each store with two mounts and with both sources of rights.
macro_rules! everywhere {
    ($($test:ident),+ $(,)?) => {$(
        $crate::setting::tests_in! {
            [
                memory: Memory Endpoint Permissions,
                memory_axum: Memory Axum Permissions,
                memory_actix: Memory Actix Permissions,
                memory_cedar: Memory Endpoint Cedar,
                sqlite_actix: Sqlite Actix Permissions,
                sqlite_axum_cedar: Sqlite Axum Cedar,
                postgres_axum: Postgres Axum Permissions,
                postgres_actix_cedar: Postgres Actix Cedar,
                mariadb_actix: MariaDb Actix Permissions,
                mariadb_cedar: MariaDb Endpoint Cedar,
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
                mariadb: MariaDb Endpoint Permissions,
            ]
            $test
        }
    )+};
}

/// Attacks that end before any store or authorizer could make a difference.
macro_rules! behind_every_mount {
    ($($test:ident),+ $(,)?) => {$(
        $crate::setting::tests_in! {
            [
                endpoint: Memory Endpoint Permissions,
                axum: Memory Axum Permissions,
                actix: Memory Actix Permissions,
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

pub(crate) use {behind_every_mount, everywhere, in_the_library, on_every_store, tests_in};
