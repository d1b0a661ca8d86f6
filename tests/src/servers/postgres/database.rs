//! A database for one test.

use std::sync::Arc;

use sqlx::{PgPool, postgres::PgConnectOptions};
use userbook::{
    Timestamp, UserId,
    store::{ImportData, ImportStore},
};
use userbook_conformance::{Harness, Task};
use userbook_sqlx::{PostgresStore, postgres::pool_options};

use super::server::{Server, server};
use crate::servers::block_on;

/// A migrated database that is dropped with this value.
#[derive(Debug)]
pub struct Database {
    /// The store.
    pub store: Arc<PostgresStore>,
    name: String,
}

impl Database {
    /// Returns an empty, migrated database.
    pub async fn new() -> Self {
        let template = server().template();
        let database = Self::copy_of(template.unwrap_or("template0")).await;
        if template.is_none() {
            database.store.migrate().await.expect("a new database can be migrated");
        }
        database
    }

    /// Returns a database without tables.
    pub async fn blank() -> Self {
        Self::copy_of("template0").await
    }

    async fn copy_of(template: &str) -> Self {
        let server = server();
        let name = server.name();
        server.create(&name, template).await;
        let pool = pool_options().max_connections(8).connect_with(server.options(&name)).await;
        let store = Arc::new(PostgresStore::new(pool.expect("the new database can be opened")));
        Self { store, name }
    }

    /// Returns the pool.
    pub fn pool(&self) -> &PgPool {
        self.store.pool()
    }

    /// Returns the connection options.
    pub fn options(&self) -> PgConnectOptions {
        server().options(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let server: &Server = server();
        block_on(server.run(format!("DROP DATABASE {} WITH (FORCE)", self.name)));
    }
}

impl Harness for Database {
    type Store = PostgresStore;

    async fn with(rows: &ImportData) -> Self {
        let database = Self::new().await;
        database.store.import(rows).await.expect("the rows can be imported");
        database
    }

    fn store(&self) -> Arc<PostgresStore> {
        Arc::clone(&self.store)
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        write_out_of_band(self.pool(), user, last_login, password_change_date).await;
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.expect("the task ends well") })
    }
}

/// Writes two columns as a host does at a login.
pub(super) async fn write_out_of_band(
    pool: &PgPool,
    user: UserId,
    last_login: Timestamp,
    password_change_date: Timestamp,
) {
    let sql = "UPDATE userbook_user SET last_login = $2, password_change_date = $3 WHERE id = $1";
    let update = sqlx::query(sql).bind(user.0).bind(last_login).bind(password_change_date);
    update.execute(pool).await.expect("the row can be written");
}
