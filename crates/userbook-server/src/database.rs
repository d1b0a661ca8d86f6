//! Opens the database that a URL names, and hands out its ports.

use std::sync::Arc;

use sqlx::{ConnectOptions, Connection, MySqlPool, PgPool, SqlitePool, sqlite::SqlitePoolOptions};
use userbook::store::{ImportStore, ListStore, Outbox, ProvisioningStore};
use userbook_memory::MemoryStore;
use userbook_sqlx::{
    MigrateError, MySqlStore, PostgresStore, SqliteStore, mysql, postgres,
    sqlite::{self, connect_options},
};

use crate::{
    Limits,
    auth::{AuthStore, MemoryAuth, MySqlAuth, PostgresAuth, SqliteAuth},
    session,
};

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

/// Users and groups, to be changed and to be listed.
pub trait Directory: ProvisioningStore + ListStore {}

impl<S: ProvisioningStore + ListStore> Directory for S {}

/// An open database, port by port.
#[derive(Debug, Clone)]
pub struct Database {
    /// Users and groups.
    pub directory: Arc<dyn Directory>,
    /// Their first rows.
    pub seed: Arc<dyn ImportStore>,
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
    pub async fn open(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Self::sqlite(url, limits).await,
            Some(("postgres" | "postgresql", _)) => Self::postgres(url, limits).await,
            Some(("mysql" | "mariadb", _)) => Self::mysql(url, limits).await,
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

    async fn sqlite(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        // A database in memory belongs to its one connection.
        let connections = if url.contains(":memory:") { 1 } else { limits.database_connections };
        let options = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(limits.acquire_timeout)
            .test_before_acquire(false);
        let pool = sqlite::connect(options, connect_options(url)?.busy_timeout(limits.lock_timeout)).await?;
        let store = SqliteStore::new(pool.clone());
        store.migrate().await?;
        SqliteAuth::migrate(&pool).await?;
        let auth = Arc::new(SqliteAuth::new(pool.clone()));
        Ok(Self::of(store, auth, Pool::Sqlite(pool)))
    }

    async fn mysql(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        let options = mysql::connect_options(url)?;
        // Bringing tables up to date may take longer than any statement of a request.
        let patient = mysql::pool_options().max_connections(1).connect_with(options.clone()).await?;
        MySqlStore::new(patient.clone()).migrate().await?;
        MySqlAuth::migrate(&patient).await?;
        patient.close().await;
        let pool = session::mysql(limits).connect_with(options).await?;
        let auth = Arc::new(MySqlAuth::new(pool.clone()));
        Ok(Self::of(MySqlStore::new(pool.clone()), auth, Pool::MySql(pool)))
    }

    async fn postgres(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        // Bringing tables up to date may take longer than any statement of a request.
        let patient = postgres::pool_options().max_connections(1).connect(url).await?;
        PostgresStore::new(patient.clone()).migrate().await?;
        PostgresAuth::migrate(&patient).await?;
        patient.close().await;
        let pool = session::postgres(limits).connect(url).await?;
        let auth = Arc::new(PostgresAuth::new(pool.clone()));
        Ok(Self::of(PostgresStore::new(pool.clone()), auth, Pool::Postgres(pool)))
    }

    fn of<S>(store: S, auth: Arc<dyn AuthStore>, pool: Pool) -> Self
    where
        S: Directory + ImportStore + Outbox + Clone,
    {
        Self {
            directory: Arc::new(store.clone()),
            seed: Arc::new(store.clone()),
            outbox: Arc::new(store),
            auth,
            pool,
        }
    }

    /// Whether the database answers, on a new connection: those of the pool may all be at work, or broken.
    ///
    /// # Errors
    /// What keeps it from answering.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        match &self.pool {
            Pool::None => Ok(()),
            Pool::MySql(pool) => greet(&*pool.connect_options()).await,
            Pool::Postgres(pool) => greet(&*pool.connect_options()).await,
            Pool::Sqlite(pool) => greet(&*pool.connect_options()).await,
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

/// Connects, hears something, and leaves.
async fn greet<O: ConnectOptions<Connection: Sized>>(options: &O) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    connection.ping().await?;
    connection.close().await
}
