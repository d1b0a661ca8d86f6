//! Tenants in databases of sqlx.

#[cfg(any(feature = "mysql", feature = "postgres"))]
mod catalog;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod prefix;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{
    collections::HashSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use sqlx::{Connection, Pool, pool::PoolOptions};
use userbook::store::{StoreError, StoreErrorKind};
use userbook_sqlx::{MigrateError, Migration, SqlStore, host::Backend, migrate};

#[cfg(feature = "mysql")]
pub use mysql::MySqlTenants;
#[cfg(feature = "postgres")]
pub use postgres::PostgresTenants;
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub use prefix::{InvalidPrefix, TenantPrefix};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteTenants;

use crate::{TenantName, TenantSource};

/// How to connect.
pub(crate) type ConnectOptions<B> = <<B as sqlx::Database>::Connection as Connection>::Options;

/// What the list of tenants says about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// No such tenant.
    Missing,
    /// A tenant without tables.
    Empty,
    /// A tenant with tables.
    Filled,
}

/// A database that can hold tenants: [`Sqlite`](sqlx::Sqlite), [`Postgres`](sqlx::Postgres) or [`MySql`](sqlx::MySql).
#[async_trait]
pub trait TenantBackend: Backend {
    /// The list of tenants.
    type Catalog: TenantCatalog<Self>;

    /// Opens a pool, which connects when the first operation needs it.
    async fn connect(
        pool: PoolOptions<Self>,
        options: ConnectOptions<Self>,
    ) -> Result<Pool<Self>, StoreError> {
        Ok(pool.min_connections(0).connect_lazy_with(options))
    }

    /// Converts an error of a migration.
    fn failure(error: sqlx::Error) -> StoreError;
}

/// The list of tenants of one database.
#[async_trait]
pub trait TenantCatalog<B: TenantBackend>: Send + Sync + 'static {
    /// Directs connections to one tenant, for their whole life.
    fn direct(&self, options: ConnectOptions<B>, name: &TenantName) -> ConnectOptions<B>;

    /// Looks a tenant up.
    async fn presence(&self, name: &TenantName) -> Result<Presence, StoreError>;

    /// Creates an empty tenant. Returns false if it exists.
    async fn create(&self, name: &TenantName) -> Result<bool, StoreError>;

    /// Checks that the connections of a tenant's pool are directed to it.
    async fn check(&self, _pool: &Pool<B>, _name: &TenantName) -> Result<(), StoreError> {
        Ok(())
    }

    /// Lists the tenants in ascending order.
    async fn names(&self) -> Result<Vec<TenantName>, StoreError>;

    /// Checks that the list answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Closes the list.
    async fn close(&self);
}

/// Opens one [`SqlStore`] per tenant, each with a small pool of its own.
///
/// A connection belongs to one tenant from its first byte to its last: PostgreSQL gets the schema with the start of the
/// session, MariaDB the database, SQLite the file. So neither an interrupted operation, nor a prepared statement, nor a
/// hook of a pool can bring a statement to another tenant. A host must not change the search path (`SET search_path`)
/// or the database (`USE`) of a store's connection.
pub struct SqlTenants<B: TenantBackend> {
    catalog: B::Catalog,
    options: ConnectOptions<B>,
    pool: PoolOptions<B>,
    /// For migrations, if they need other settings.
    patient: Option<(ConnectOptions<B>, PoolOptions<B>)>,
    migrations: Vec<(&'static str, &'static [Migration])>,
    /// The tenants that this process has migrated.
    migrated: Mutex<HashSet<TenantName>>,
}

impl<B: TenantBackend> SqlTenants<B> {
    fn with_catalog(catalog: B::Catalog, options: ConnectOptions<B>, pool: PoolOptions<B>) -> Self {
        let (migrations, migrated) = (Vec::new(), Mutex::default());
        Self { catalog, options, pool, patient: None, migrations, migrated }
    }

    /// Adds tables of the host, which are migrated after those of Userbook; see [`migrate`].
    #[must_use]
    pub fn with_migrations(mut self, component: &'static str, migrations: &'static [Migration]) -> Self {
        self.migrations.push((component, migrations));
        self
    }

    /// Migrates over connections with other settings, such as longer timeouts.
    #[must_use]
    pub fn with_migration_connections(mut self, options: ConnectOptions<B>, pool: PoolOptions<B>) -> Self {
        self.patient = Some((options, pool.max_connections(1)));
        self
    }

    /// How to connect to one tenant, for statements of the host without a store.
    pub fn connect_options(&self, name: &TenantName) -> ConnectOptions<B> {
        self.catalog.direct(self.options.clone(), name)
    }

    /// Checks that the list of tenants answers.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.catalog.ping().await
    }

    /// Closes the connection to the list of tenants. Open tenants are not affected.
    pub async fn close_catalog(&self) {
        self.catalog.close().await;
    }

    fn migrated(&self) -> MutexGuard<'_, HashSet<TenantName>> {
        // A set is valid at every time.
        self.migrated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn migrate(&self, pool: &Pool<B>, name: &TenantName) -> Result<(), StoreError> {
        self.catalog.check(pool, name).await?;
        SqlStore::new(pool.clone()).migrate().await.map_err(failed_migration::<B>)?;
        for (component, migrations) in &self.migrations {
            migrate(pool, component, migrations).await.map_err(failed_migration::<B>)?;
        }
        Ok(())
    }

    /// Opens the pool of a tenant, and migrates it if this process has not done so.
    async fn open_pool(&self, name: &TenantName) -> Result<Pool<B>, StoreError> {
        let is_migrated = self.migrated().contains(name);
        if let Some((options, pool)) = self.patient.as_ref().filter(|_| !is_migrated) {
            let patient = B::connect(pool.clone(), self.catalog.direct(options.clone(), name)).await?;
            let migrated = self.migrate(&patient, name).await;
            patient.close().await;
            migrated?;
        }
        let pool = B::connect(self.pool.clone(), self.connect_options(name)).await?;
        let opened = if is_migrated || self.patient.is_some() {
            self.catalog.check(&pool, name).await
        } else {
            self.migrate(&pool, name).await
        };
        if let Err(error) = opened {
            pool.close().await;
            return Err(error);
        }
        if !is_migrated {
            self.migrated().insert(name.clone());
        }
        Ok(pool)
    }
}

fn failed_migration<B: TenantBackend>(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Database(error) => B::failure(error),
        error @ MigrateError::Locked => StoreError::new(StoreErrorKind::Transient, error),
        error @ MigrateError::Decode(_) => StoreError::new(StoreErrorKind::Corrupt, error),
        error => StoreError::new(StoreErrorKind::Other, error),
    }
}

#[async_trait]
impl<B: TenantBackend> TenantSource for SqlTenants<B> {
    type Tenant = SqlStore<B>;

    async fn exists(&self, name: &TenantName) -> Result<bool, StoreError> {
        let presence = self.catalog.presence(name).await?;
        if presence != Presence::Filled {
            // Created again after it was dropped by other means.
            self.migrated().remove(name);
        }
        Ok(presence != Presence::Missing)
    }

    /// The connections of a tenant that does not exist fail.
    async fn open(&self, name: &TenantName) -> Result<Option<SqlStore<B>>, StoreError> {
        Ok(Some(SqlStore::new(self.open_pool(name).await?)))
    }

    async fn close(&self, tenant: &SqlStore<B>) {
        tenant.close().await;
    }

    async fn create(&self, name: &TenantName) -> Result<bool, StoreError> {
        self.catalog.create(name).await
    }

    async fn names(&self) -> Result<Vec<TenantName>, StoreError> {
        self.catalog.names().await
    }
}

impl<B: TenantBackend> fmt::Debug for SqlTenants<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlTenants").finish_non_exhaustive()
    }
}
