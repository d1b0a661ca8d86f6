//! The databases of tenants.

use std::{error::Error, fs, sync::Arc};

use async_trait::async_trait;
use sqlx::{MySql, Postgres, Sqlite, sqlite::SqlitePoolOptions};
use userbook::store::{StoreError, StoreErrorKind};
use userbook_sqlx::{SqlStore, mysql, postgres, sqlite};
use userbook_tenants::{SqlTenants, TenantName, TenantPrefix, TenantSource};

use crate::{
    Limits,
    auth::{AuthBackend, COMPONENT},
    database::{
        Database, DatabaseError, Reachable, TenantFile, check_certificates, session, wait_for_mysql,
        wait_for_postgres,
    },
};

/// Opens the database of each tenant.
#[derive(Debug, Clone)]
pub(crate) enum TenantDatabases {
    MySql(Arc<SqlTenants<MySql>>),
    Postgres(Arc<SqlTenants<Postgres>>),
    Sqlite(Arc<SqlTenants<Sqlite>>),
}

/// Runs the body with the tenants of any database.
macro_rules! with_tenants {
    ($databases:expr, $tenants:ident => $body:expr) => {
        match $databases {
            TenantDatabases::MySql($tenants) => $body,
            TenantDatabases::Postgres($tenants) => $body,
            TenantDatabases::Sqlite($tenants) => $body,
        }
    };
}

impl TenantDatabases {
    /// Prepares the databases at `url`: the schemas of a PostgreSQL database, the databases of a MariaDB server, or the
    /// files of a folder. Waits for a server that does not take connections yet.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub(crate) async fn prepare(url: &str, limits: &Limits, create: bool) -> Result<Self, DatabaseError> {
        check_certificates(url)?;
        match url.split_once(':') {
            Some(("sqlite", _)) => Self::sqlite(url, limits, create),
            Some(("postgres" | "postgresql", _)) => Self::postgres(url, limits).await,
            Some(("mysql" | "mariadb", _)) => Self::mysql(url, limits).await,
            Some(("memory", _)) => Err(DatabaseError::TenantsInMemory),
            Some((scheme, _)) => Err(DatabaseError::Unknown(scheme.to_owned())),
            None => Err(DatabaseError::Unknown(url.to_owned())),
        }
    }

    fn sqlite(url: &str, limits: &Limits, create: bool) -> Result<Self, DatabaseError> {
        let folder = sqlite::connect_options(url)?.get_filename().to_owned();
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(DatabaseError::TenantsInMemory);
        }
        if create && !folder.exists() {
            // The process has a restrictive umask.
            fs::create_dir_all(&folder).map_err(|error| DatabaseError::Folder(folder.clone(), error))?;
        }
        fs::read_dir(&folder).map_err(|error| DatabaseError::Folder(folder.clone(), error))?;
        let pool = SqlitePoolOptions::new()
            .max_connections(limits.tenant_connections)
            .acquire_timeout(limits.acquire_timeout)
            .test_before_acquire(false);
        let tenants = SqlTenants::sqlite(folder, pool).with_busy_timeout(limits.lock_timeout);
        Ok(Self::Sqlite(Arc::new(tenants.with_migrations(COMPONENT, <Sqlite as AuthBackend>::MIGRATIONS))))
    }

    async fn postgres(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        let options = postgres::connect_options(url)?;
        wait_for_postgres(&options, limits).await?;
        let pool = session::postgres(limits).max_connections(limits.tenant_connections);
        let timed = session::with_timeouts(options.clone(), limits);
        let tenants = SqlTenants::postgres(timed, pool, TenantPrefix::default())
            // Migrations may take longer than the timeouts of requests.
            .with_migration_connections(options, postgres::pool_options())
            .with_migrations(COMPONENT, <Postgres as AuthBackend>::MIGRATIONS);
        Ok(Self::Postgres(Arc::new(tenants)))
    }

    async fn mysql(url: &str, limits: &Limits) -> Result<Self, DatabaseError> {
        let options = mysql::connect_options(url)?;
        wait_for_mysql(&options, limits).await?;
        let pool = session::mysql(limits).max_connections(limits.tenant_connections);
        let tenants = SqlTenants::mysql(options.clone(), pool, TenantPrefix::default())
            .with_migration_connections(options, mysql::pool_options())
            .with_migrations(COMPONENT, <MySql as AuthBackend>::MIGRATIONS);
        Ok(Self::MySql(Arc::new(tenants)))
    }

    /// Opens and migrates the database of a tenant that exists.
    pub(crate) async fn open(&self, name: &TenantName) -> Result<Option<Database>, StoreError> {
        if !self.exists(name).await? {
            return Ok(None);
        }
        Ok(match self {
            Self::MySql(tenants) => store(tenants, name).await?.map(Database::of_mysql),
            Self::Postgres(tenants) => store(tenants, name).await?.map(Database::of_postgres),
            Self::Sqlite(tenants) => {
                // Before the pool: closing a handle of the file would release the locks of SQLite.
                let file = TenantFile::open(&tenants.connect_options(name)).await;
                let file = file.map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
                store(tenants, name).await?.map(|store| Database::of_sqlite(store, Some(file)))
            }
        })
    }

    pub(crate) async fn exists(&self, name: &TenantName) -> Result<bool, StoreError> {
        with_tenants!(self, tenants => tenants.exists(name).await)
    }

    pub(crate) async fn create(&self, name: &TenantName) -> Result<bool, StoreError> {
        with_tenants!(self, tenants => tenants.create(name).await)
    }

    pub(crate) async fn names(&self) -> Result<Vec<TenantName>, StoreError> {
        with_tenants!(self, tenants => tenants.names().await)
    }

    /// Checks that the list of tenants answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        with_tenants!(self, tenants => tenants.ping().await)
    }

    /// Closes the connection to the list of tenants.
    pub(crate) async fn close(&self) {
        with_tenants!(self, tenants => tenants.close_catalog().await);
    }
}

/// The server is ready if the list of tenants answers. A tenant that does not answer affects its own requests only.
#[async_trait]
impl Reachable for TenantDatabases {
    fn is_in_place(&self) -> bool {
        true
    }

    async fn ping(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.ping().await?)
    }
}

async fn store<B: userbook_tenants::TenantBackend>(
    tenants: &SqlTenants<B>,
    name: &TenantName,
) -> Result<Option<SqlStore<B>>, StoreError> {
    tenants.open(name).await
}
