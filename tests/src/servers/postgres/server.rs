//! The PostgreSQL server of this process.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqlSafeStr, postgres::PgConnectOptions};
use userbook_sqlx::{
    PostgresStore,
    postgres::{SESSION, pool_options},
};

use super::instance::Instance;
use crate::servers::block_on;

/// The environment variable with the URL of another server, as a user who may create databases.
pub(super) const GIVEN: &str = "USERBOOK_TEST_POSTGRES_URL";

/// A running server.
#[derive(Debug)]
pub struct Server {
    admin: PgConnectOptions,
    /// The common prefix of all database names.
    prefix: String,
    databases: AtomicU64,
    /// Keeps the started server running.
    own: Option<Instance>,
}

/// Returns the server of this process.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| block_on(Server::start()))
}

impl Server {
    async fn start() -> Self {
        let (admin, own) = if let Ok(url) = std::env::var(GIVEN) {
            (url.parse().unwrap_or_else(|error| panic!("{GIVEN}: {error}")), None)
        } else {
            // Test data need not survive a crash.
            let own = Instance::new(&["--fsync=off", "--full_page_writes=off"]).await;
            (own.options(), Some(own))
        };
        let unique = RandomState::new().build_hasher().finish();
        let prefix = format!("userbook_test_{unique:016x}");
        let server = Self { admin, prefix, databases: AtomicU64::new(0), own };
        if let Some(template) = server.template() {
            server.create(template, "template0").await;
            let pool = pool_options().max_connections(1).connect_with(server.options(template)).await;
            let store = PostgresStore::new(pool.expect("the new database can be opened"));
            store.migrate().await.expect("a new database can be migrated");
            store.pool().close().await;
        }
        server
    }

    /// Returns connection options for a database.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        self.admin.clone().database(database).options(SESSION).disable_statement_logging()
    }

    /// Returns a new database name.
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.prefix, self.databases.fetch_add(1, Ordering::SeqCst))
    }

    /// Returns the migrated template database, because copying is faster than migrating. A server that remains after
    /// the tests has no template.
    pub(super) fn template(&self) -> Option<&str> {
        self.own.is_some().then_some(self.prefix.as_str())
    }

    /// Creates a database.
    pub(super) async fn create(&self, name: &str, template: &str) {
        self.run(format!("CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")).await;
    }

    /// Runs a statement as administrator.
    pub async fn run(&self, sql: String) {
        let mut admin = self.admin.connect().await.expect("the server answers");
        let done = admin.execute(AssertSqlSafe(sql.clone()).into_sql_str()).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        admin.close().await.expect("a connection can be closed");
    }
}
