//! A database for one test.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use sqlx::{MySqlPool, mysql::MySqlConnectOptions};
use userbook::{
    Timestamp, UserId,
    store::{ImportData, ImportStore},
};
use userbook_conformance::{Harness, Task};
use userbook_sqlx::{MySqlStore, mysql::pool_options};

use super::server::server;

/// A database that is dropped with this value, or with the server.
#[derive(Debug)]
pub struct Database {
    /// The store.
    pub store: Arc<MySqlStore>,
    name: String,
}

impl Database {
    /// Returns an empty, migrated database.
    pub async fn new() -> Self {
        let database = Self::blank().await;
        database.store.migrate().await.expect("a new database can be migrated");
        database
    }

    /// Returns a database without tables.
    pub async fn blank() -> Self {
        let server = server();
        let name = format!("userbook_test_{:016x}", RandomState::new().build_hasher().finish());
        server.run(format!("CREATE DATABASE {name}")).await;
        // Concurrent cases open many connections on a busy machine.
        let pool = pool_options().max_connections(16).acquire_timeout(Duration::from_mins(1));
        let pool = pool.connect_with(server.options(&name)).await.expect("the new database can be opened");
        Self { store: Arc::new(MySqlStore::new(pool)), name }
    }

    /// Returns the pool.
    pub fn pool(&self) -> &MySqlPool {
        self.store.pool()
    }

    /// Returns the connection options.
    pub fn options(&self) -> MySqlConnectOptions {
        server().options(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let server = server();
        if !server.outlives_us() {
            return;
        }
        std::thread::scope(|scope| {
            let work = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime can be made");
                runtime.block_on(server.run(format!("DROP DATABASE {}", self.name)));
            };
            // A failing test should report its own error.
            drop(scope.spawn(work).join());
        });
    }
}

impl Harness for Database {
    type Store = MySqlStore;

    async fn with(rows: &ImportData) -> Self {
        let database = Self::new().await;
        database.store.import(rows).await.expect("the rows can be imported");
        database
    }

    fn store(&self) -> Arc<MySqlStore> {
        Arc::clone(&self.store)
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE userbook_user SET last_login = ?, password_change_date = ? WHERE id = ?";
        let update = sqlx::query(sql).bind(last_login.naive_utc()).bind(password_change_date.naive_utc());
        update.bind(user.0).execute(self.pool()).await.expect("the row can be written");
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.expect("the task ends well") })
    }
}
