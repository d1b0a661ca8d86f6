//! Opens the database of a URL and provides its ports.

mod certificates;
mod connect;
mod file;
mod guarded;
mod maintain;
pub(crate) mod session;
mod url;

use std::{error::Error, fmt::Debug, path::PathBuf, sync::Arc};

use async_trait::async_trait;
pub(crate) use certificates::check as check_certificates;
pub(crate) use file::DatabaseFile as TenantFile;
pub use file::FileError;
use sqlx::{
    ConnectOptions, Connection, mysql::MySqlConnectOptions, postgres::PgConnectOptions,
    sqlite::SqlitePoolOptions,
};
pub use url::DatabaseUrl;
use userbook::store::{BatchStore, ImportStore, ListStore, Outbox};
use userbook_memory::MemoryStore;
use userbook_sqlx::{
    MigrateError, MySqlStore, PostgresStore, SqlStore, SqliteStore, mysql, postgres,
    sqlite::{self, connect_options},
};

use self::{connect::wait_for, file::DatabaseFile, guarded::Guarded};
use crate::{
    Limits,
    auth::{AuthBackend, AuthStore, MemoryAuth, SqlAuth},
    events::{Coordination, MemoryCoordination, SqlCoordination},
    maintenance::{Maintenance, SqlMaintenance},
};

/// A reason why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The URL has an unsupported scheme. Only the scheme is shown, because the rest may contain a password.
    #[error(
        "unknown database scheme {0:?}: expected sqlite:FILE, postgres://HOST/DATABASE, mysql://HOST/DATABASE or memory:"
    )]
    Unknown(String),
    /// The database does not answer.
    #[error("cannot open the database")]
    Open(#[from] sqlx::Error),
    /// The file of a SQLite database is not usable.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that the URL names cannot be read.
    #[error("cannot read the certificate or key {}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder of the tenants' files cannot be read or created.
    #[error("cannot use the folder {} for tenants", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// Tenants need a database that outlives the process.
    #[error("tenants need a database other than memory:")]
    TenantsInMemory,
    /// The migration failed.
    #[error("cannot migrate the database")]
    Migrate(#[from] MigrateError),
}

/// What must answer for the server to be ready.
#[async_trait]
pub(crate) trait Reachable: Debug + Send + Sync {
    /// Returns false if what is open was deleted or replaced. Takes one system call.
    fn is_in_place(&self) -> bool;

    /// Checks that the database answers.
    async fn ping(&self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

#[async_trait]
impl Reachable for Database {
    fn is_in_place(&self) -> bool {
        self.is_in_place()
    }

    async fn ping(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.ping().await?)
    }
}

/// Provisioning, batches and lists of users and groups.
pub trait Directory: BatchStore + ListStore {}

impl<S: BatchStore + ListStore> Directory for S {}

/// The ports of an open database.
#[derive(Debug, Clone)]
pub struct Database {
    /// Users and groups.
    pub directory: Arc<dyn Directory>,
    /// The installation.
    pub install: Arc<dyn ImportStore>,
    /// Events.
    pub outbox: Arc<dyn Outbox>,
    /// Tokens and permissions.
    pub auth: Arc<dyn AuthStore>,
    /// What the replicas agree on.
    pub(crate) coordination: Arc<dyn Coordination>,
    maintenance: Option<Arc<dyn Maintenance>>,
    store: OpenStore,
    file: Option<Arc<DatabaseFile>>,
}

/// The store behind the ports.
#[derive(Debug, Clone)]
enum OpenStore {
    Memory,
    MySql(MySqlStore),
    Postgres(PostgresStore),
    Sqlite(SqliteStore),
}

impl Database {
    /// Opens the database at `url`, creates it if necessary, and migrates it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        Self::open_with(url, limits, true).await
    }

    /// Opens the database at `url` and migrates it. A file that does not exist is an error.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open_existing(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        Self::open_with(url, limits, false).await
    }

    async fn open_with(url: &str, limits: &Limits, create: bool) -> Result<Self, DatabaseError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Self::sqlite(url, limits, create).await,
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
        Self::of(store, auth, OpenStore::Memory)
    }

    async fn sqlite(url: &str, limits: &Limits, create: bool) -> Result<Self, DatabaseError> {
        let options = connect_options(url)?.busy_timeout(limits.lock_timeout);
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let file = match (in_memory, create) {
            (true, _) => None,
            (false, true) => Some(DatabaseFile::open_or_create(&options).await?),
            (false, false) => Some(DatabaseFile::open(&options).await?),
        };
        // Each connection to an in-memory database has a separate database, so the pool keeps a single one.
        let connections = if in_memory { 1 } else { limits.database_connections };
        let pool_options = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(limits.acquire_timeout)
            .test_before_acquire(false);
        // The file exists. If it is deleted later, no connection creates an empty one.
        let pool = sqlite::connect(pool_options, options.create_if_missing(in_memory)).await?;
        let store = SqliteStore::new(pool.clone());
        store.migrate().await?;
        SqlAuth::migrate(&pool).await?;
        Ok(Self::of_sqlite(store, file))
    }

    /// The ports of a migrated database, and its file.
    pub(crate) fn of_sqlite(store: SqliteStore, file: Option<DatabaseFile>) -> Self {
        let mut database = Self::of_sql(store.clone(), OpenStore::Sqlite(store.clone()));
        if let Some(file) = file.map(Arc::new) {
            database.directory = Arc::new(Guarded::new(store, Arc::clone(&file)));
            database.file = Some(file);
        }
        database
    }

    /// The ports of a migrated database.
    pub(crate) fn of_mysql(store: MySqlStore) -> Self {
        Self::of_sql(store.clone(), OpenStore::MySql(store))
    }

    /// The ports of a migrated database.
    pub(crate) fn of_postgres(store: PostgresStore) -> Self {
        Self::of_sql(store.clone(), OpenStore::Postgres(store))
    }

    fn of_sql<B: AuthBackend>(store: SqlStore<B>, open: OpenStore) -> Self
    where
        SqlStore<B>: Directory,
    {
        let auth = Arc::new(SqlAuth::new(store.clone()));
        Self::of(store.clone(), auth, open).maintained(store)
    }

    async fn mysql(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        check_certificates(url)?;
        let options = mysql::connect_options(url)?;
        wait_for_mysql(&options, limits).await?;
        // Migrations may take longer than the timeouts of requests.
        let patient = mysql::pool_options().max_connections(1).connect_with(options.clone()).await?;
        MySqlStore::new(patient.clone()).migrate().await?;
        SqlAuth::migrate(&patient).await?;
        patient.close().await;
        let pool = session::mysql(limits).connect_with(options).await?;
        Ok(Self::of_mysql(MySqlStore::new(pool)))
    }

    async fn postgres(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        check_certificates(url)?;
        let options = postgres::connect_options(url)?;
        wait_for_postgres(&options, limits).await?;
        // Migrations may take longer than the timeouts of requests.
        let patient = postgres::pool_options().max_connections(1).connect_with(options.clone()).await?;
        PostgresStore::new(patient.clone()).migrate().await?;
        SqlAuth::migrate(&patient).await?;
        patient.close().await;
        let pool = session::postgres(limits).connect_with(session::with_timeouts(options, limits)).await?;
        Ok(Self::of_postgres(PostgresStore::new(pool)))
    }

    fn of<S>(store: S, auth: Arc<dyn AuthStore>, open: OpenStore) -> Self
    where
        S: Directory + ImportStore + Outbox + Clone,
    {
        let outbox: Arc<dyn Outbox> = Arc::new(store.clone());
        Self {
            directory: Arc::new(store.clone()),
            install: Arc::new(store),
            coordination: Arc::new(MemoryCoordination::new(Arc::clone(&outbox))),
            outbox,
            auth,
            store: open,
            maintenance: None,
            file: None,
        }
    }

    fn maintained<B: AuthBackend>(self, store: SqlStore<B>) -> Self {
        Self {
            coordination: Arc::new(SqlCoordination::new(store.clone())),
            maintenance: Some(Arc::new(SqlMaintenance::new(store))),
            ..self
        }
    }

    /// Whether the database is a file.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Returns false if the file of a SQLite database was deleted or replaced: later writes would not be
    /// stored.
    pub fn is_in_place(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.is_in_place())
    }

    /// Checks the database over a new connection, because all pooled connections may be busy or broken.
    ///
    /// # Errors
    /// The connection error.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        match &self.store {
            OpenStore::Memory => Ok(()),
            OpenStore::MySql(store) => greet(&*store.pool().connect_options()).await,
            OpenStore::Postgres(store) => greet(&*store.pool().connect_options()).await,
            OpenStore::Sqlite(store) => greet(&*store.pool().connect_options()).await,
        }
    }

    /// Returns the number of busy and of idle connections; `None` without a pool.
    pub(crate) fn connections(&self) -> Option<(usize, usize)> {
        let (size, idle) = match &self.store {
            OpenStore::Memory => return None,
            OpenStore::MySql(store) => (store.pool().size(), store.pool().num_idle()),
            OpenStore::Postgres(store) => (store.pool().size(), store.pool().num_idle()),
            OpenStore::Sqlite(store) => (store.pool().size(), store.pool().num_idle()),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Some((size.saturating_sub(idle), idle))
    }

    /// Waits for running operations and closes all connections, also the one of a SQLite writer.
    pub async fn close(&self) {
        match &self.store {
            OpenStore::Memory => {}
            OpenStore::MySql(store) => store.close().await,
            OpenStore::Postgres(store) => store.close().await,
            OpenStore::Sqlite(store) => store.close().await,
        }
    }
}

/// Waits for a MariaDB server that does not take connections yet.
pub(crate) async fn wait_for_mysql(
    options: &MySqlConnectOptions,
    limits: &Limits,
) -> Result<(), sqlx::Error> {
    wait_for(limits.start_timeout, || greet(options)).await
}

/// Waits for a PostgreSQL server that does not take connections yet.
pub(crate) async fn wait_for_postgres(
    options: &PgConnectOptions,
    limits: &Limits,
) -> Result<(), sqlx::Error> {
    wait_for(limits.start_timeout, || greet(options)).await
}

/// Connects, reads the server's greeting, and disconnects.
async fn greet<O: ConnectOptions<Connection: Sized>>(options: &O) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    connection.ping().await?;
    connection.close().await
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
