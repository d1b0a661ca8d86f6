//! Opens the database of a URL and provides its ports.

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

/// A reason why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL has an unsupported scheme. Only the scheme is shown, because the rest may contain a password.
    #[error(
        "unknown database scheme {0:?}: expected sqlite:FILE, postgres://HOST/DATABASE, mysql://HOST/DATABASE or memory:"
    )]
    Unknown(String),
    /// The database does not answer.
    #[error("cannot open the database")]
    Open(#[from] sqlx::Error),
    /// The migration failed.
    #[error("cannot migrate the database")]
    Migrate(#[from] MigrateError),
}

/// Provisioning and lists of users and groups.
pub trait Directory: ProvisioningStore + ListStore {}

impl<S: ProvisioningStore + ListStore> Directory for S {}

/// The ports of an open database.
#[derive(Debug, Clone)]
pub struct Database {
    /// Users and groups.
    pub directory: Arc<dyn Directory>,
    /// The import of the first rows.
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
    /// Opens the database at `url`, creates it if necessary, and migrates it.
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
        // Each connection to an in-memory database has a separate database, so the pool keeps a single one.
        let connections = if url.contains(":memory:") { 1 } else { limits.database_connections };
        let options = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(limits.acquire_timeout)
            .test_before_acquire(false);
        let pool = sqlite::connect(options, connect_options(url)?.busy_timeout(limits.lock_timeout)).await?;
        let store = SqliteStore::new(pool.clone());
        store.migrate().await?;
        SqliteAuth::migrate(&pool).await?;
        let auth = Arc::new(SqliteAuth::new(store.clone()));
        Ok(Self::of(store, auth, Pool::Sqlite(pool)))
    }

    async fn mysql(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        let options = mysql::connect_options(url)?;
        // Migrations may take longer than the timeouts of requests.
        let patient = mysql::pool_options().max_connections(1).connect_with(options.clone()).await?;
        MySqlStore::new(patient.clone()).migrate().await?;
        MySqlAuth::migrate(&patient).await?;
        patient.close().await;
        let pool = session::mysql(limits).connect_with(options).await?;
        let store = MySqlStore::new(pool.clone());
        let auth = Arc::new(MySqlAuth::new(store.clone()));
        Ok(Self::of(store, auth, Pool::MySql(pool)))
    }

    async fn postgres(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        // Migrations may take longer than the timeouts of requests.
        let options = postgres::connect_options(url)?;
        let patient = postgres::pool_options().max_connections(1).connect_with(options.clone()).await?;
        PostgresStore::new(patient.clone()).migrate().await?;
        PostgresAuth::migrate(&patient).await?;
        patient.close().await;
        let pool = session::postgres(limits).connect_with(session::with_timeouts(options, limits)).await?;
        let store = PostgresStore::new(pool.clone());
        let auth = Arc::new(PostgresAuth::new(store.clone()));
        Ok(Self::of(store, auth, Pool::Postgres(pool)))
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

    /// Checks the database over a new connection, because all pooled connections may be busy or broken.
    ///
    /// # Errors
    /// The connection error.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        match &self.pool {
            Pool::None => Ok(()),
            Pool::MySql(pool) => greet(&*pool.connect_options()).await,
            Pool::Postgres(pool) => greet(&*pool.connect_options()).await,
            Pool::Sqlite(pool) => greet(&*pool.connect_options()).await,
        }
    }

    /// Waits for running operations and closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::None => {}
            Pool::MySql(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}

/// Connects, reads the server's greeting, and disconnects.
async fn greet<O: ConnectOptions<Connection: Sized>>(options: &O) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    connection.ping().await?;
    connection.close().await
}
