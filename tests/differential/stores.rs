//! The four stores, each with a service.

use std::{any::Any, sync::Arc};

use sqlx::sqlite::SqlitePoolOptions;
use userbook::{
    PermissionAuthorizer, StaticPermissions, UserService,
    store::{ImportData, ImportStore},
};
use userbook_conformance::Harness;
use userbook_memory::MemoryStore;
use userbook_sqlx::sqlite::{SqliteStore, connect_options};
use userbook_tests::{
    fixture::AnyStore,
    servers::{mariadb, postgres},
};

use crate::{directory::Directory, fixed_time::FixedTime};

/// The names of the stores, in the order of [`TestStore::open_all`]. The first store is the reference.
pub(crate) const NAMES: [&str; 4] = ["memory", "SQLite", "PostgreSQL", "MariaDB"];

pub(crate) struct TestStore {
    pub(crate) service: UserService<AnyStore, PermissionAuthorizer<StaticPermissions>>,
    pub(crate) fixed_time: FixedTime,
    /// Whether only changes increment guard counters. On MariaDB, readers of a counter increment it too.
    pub(crate) counts_alike: bool,
    /// Dropped with the store.
    _database: Box<dyn Any>,
}

impl TestStore {
    /// Opens all stores with the directory's rows.
    pub(crate) async fn open_all(directory: &Directory) -> [Self; 4] {
        let rows = &directory.rows;
        let memory = MemoryStore::new();
        memory.import(rows).await.expect("the rows can be imported");
        let postgres = postgres::Database::with(rows).await;
        let on_postgres: AnyStore = postgres.store();
        let mariadb = mariadb::Database::with(rows).await;
        let on_mariadb: AnyStore = mariadb.store();
        [
            Self::new(Arc::new(memory), directory, true, ()),
            Self::new(sqlite(rows).await, directory, true, ()),
            Self::new(on_postgres, directory, true, postgres),
            Self::new(on_mariadb, directory, false, mariadb),
        ]
    }

    fn new(store: AnyStore, directory: &Directory, counts_alike: bool, database: impl Any) -> Self {
        let fixed_time = FixedTime::new();
        let service = UserService::new(store, PermissionAuthorizer::new(directory.permissions.clone()))
            .with_policy(directory.policy.clone())
            .with_clock(fixed_time.clone())
            .with_ids(fixed_time.clone());
        Self { service, fixed_time, counts_alike, _database: Box::new(database) }
    }

    pub(crate) fn store(&self) -> &AnyStore {
        self.service.store()
    }
}

async fn sqlite(rows: &ImportData) -> AnyStore {
    let options = connect_options("sqlite::memory:").expect("a right URL");
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
    let store = SqliteStore::new(pool.expect("a database in memory"));
    store.migrate().await.expect("an empty database");
    store.import(rows).await.expect("the rows can be imported");
    Arc::new(store)
}
