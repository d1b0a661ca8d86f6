//! Opens the database that a URL names, and hands out its ports.

use std::sync::Arc;

use sqlx::{MySqlPool, PgPool, SqlitePool, sqlite::SqlitePoolOptions};
use userbook::{DirectoryStore, Outbox, SeedStore};
use userbook_memory::MemoryStore;
use userbook_sqlx::{
    MigrateError, MySqlStore, PostgresStore, SqliteStore, mysql,
    postgres::pool_options,
    sqlite::{self, connect_options},
};

use crate::auth::{AuthStore, MemoryAuth, MySqlAuth, PostgresAuth, SqliteAuth};

/// How many connections a database gets.
const CONNECTIONS: u32 = 8;

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL names no database that this server knows: its scheme, for the rest may hold a password.
    #[error(
        "unknown database {0:?}: it takes sqlite:FILE, postgres://HOST/DATABASE, mysql://HOST/DATABASE or memory:"
    )]
    Unknown(String),
    /// The database does not answer.
    #[error("the database can't be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the database can't be migrated")]
    Migrate(#[from] MigrateError),
}

/// An open database, port by port.
#[derive(Debug, Clone)]
pub struct Database {
    /// Users and groups.
    pub directory: Arc<dyn DirectoryStore>,
    /// Their first rows.
    pub seed: Arc<dyn SeedStore>,
    /// Events.
    pub outbox: Arc<dyn Outbox>,
    /// Tokens and permissions.
    pub auth: Arc<dyn AuthStore>,
    pool: Pool,
}

#[derive(Debug, Clone)]
enum Pool {
    None,
    MySql(MySqlPool),
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Database {
    /// Opens the database at `url`, makes it if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Self::sqlite(url).await,
            Some(("postgres" | "postgresql", _)) => Self::postgres(url).await,
            Some(("mysql" | "mariadb", _)) => Self::mysql(url).await,
            Some(("memory", "")) => Ok(Self::memory()),
            Some((scheme, _)) => Err(DatabaseError::Unknown(scheme.to_owned())),
            None => Err(DatabaseError::Unknown(url.to_owned())),
        }
    }

    fn memory() -> Self {
        let store = MemoryStore::new();
        let auth = Arc::new(MemoryAuth::new(store.clone()));
        Self::of(store, auth, Pool::None)
    }

    async fn sqlite(url: &str) -> Result<Self, DatabaseError> {
        // A database in memory belongs to its one connection.
        let connections = if url.contains(":memory:") { 1 } else { CONNECTIONS };
        let options = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
        let pool = sqlite::connect(options, connect_options(url)?).await?;
        let store = SqliteStore::new(pool.clone());
        store.migrate().await?;
        let auth = Arc::new(SqliteAuth::open(pool.clone()).await?);
        Ok(Self::of(store, auth, Pool::Sqlite(pool)))
    }

    async fn mysql(url: &str) -> Result<Self, DatabaseError> {
        let options = mysql::connect_options(url)?;
        let pool = mysql::pool_options().max_connections(CONNECTIONS).connect_with(options).await?;
        let store = MySqlStore::new(pool.clone());
        store.migrate().await?;
        let auth = Arc::new(MySqlAuth::open(pool.clone()).await?);
        Ok(Self::of(store, auth, Pool::MySql(pool)))
    }

    async fn postgres(url: &str) -> Result<Self, DatabaseError> {
        let pool = pool_options().max_connections(CONNECTIONS).connect(url).await?;
        let store = PostgresStore::new(pool.clone());
        store.migrate().await?;
        let auth = Arc::new(PostgresAuth::open(pool.clone()).await?);
        Ok(Self::of(store, auth, Pool::Postgres(pool)))
    }

    fn of<S>(store: S, auth: Arc<dyn AuthStore>, pool: Pool) -> Self
    where
        S: DirectoryStore + SeedStore + Outbox + Clone,
    {
        Self {
            directory: Arc::new(store.clone()),
            seed: Arc::new(store.clone()),
            outbox: Arc::new(store),
            auth,
            pool,
        }
    }

    /// Waits for what is under way and closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::None => {}
            Pool::MySql(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}
