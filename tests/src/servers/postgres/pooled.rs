//! A database behind PgBouncer, for one test.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use sqlx::{ConnectOptions, Connection, PgPool, postgres::PgConnectOptions};
use userbook::{
    Timestamp, UserId,
    store::{ImportData, ImportStore},
};
use userbook_conformance::{Harness, Task};
use userbook_sqlx::{
    PostgresStore,
    postgres::{SESSION, pool_options},
};

use super::{bouncer::PgBouncer, database::write_out_of_band};
use crate::servers::block_on;

/// A database that is reached through PgBouncer in transaction mode, and dropped with this value.
#[derive(Debug)]
pub struct Pooled {
    store: Arc<PostgresStore>,
    name: String,
}

/// Returns the PgBouncer of this process.
fn bouncer() -> &'static PgBouncer {
    static BOUNCER: OnceLock<PgBouncer> = OnceLock::new();
    BOUNCER.get_or_init(|| block_on(PgBouncer::in_transaction_mode()))
}

impl Pooled {
    /// Returns a database without tables.
    pub async fn blank() -> Self {
        static DATABASES: AtomicU64 = AtomicU64::new(0);
        let name = format!("pooled_{}", DATABASES.fetch_add(1, Ordering::SeqCst));
        bouncer().server().run(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
        let options = bouncer().options().database(&name).options(SESSION);
        // More than PgBouncer has.
        let pool = pool_options().max_connections(8).connect_with(options).await;
        Self { store: Arc::new(PostgresStore::new(pool.expect("the new database can be opened"))), name }
    }

    /// Returns connection options through PgBouncer.
    pub fn options(&self) -> PgConnectOptions {
        bouncer().options().database(&self.name)
    }

    /// Returns the pool.
    pub fn pool(&self) -> &PgPool {
        self.store.pool()
    }

    /// Counts the connections of PgBouncer to this database.
    pub async fn server_connections(&self) -> i64 {
        let mut admin = bouncer().server().options().connect().await.expect("the server answers");
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
        let count = sqlx::query_scalar(sql).bind(&self.name).fetch_one(&mut admin).await;
        admin.close().await.expect("a connection can be closed");
        count.expect("the server counts its sessions")
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        block_on(bouncer().server().run(&drop));
    }
}

impl Harness for Pooled {
    type Store = PostgresStore;

    async fn with(rows: &ImportData) -> Self {
        let database = Self::blank().await;
        database.store.migrate().await.expect("a new database can be migrated");
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
