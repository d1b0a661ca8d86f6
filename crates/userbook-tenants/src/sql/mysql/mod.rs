//! Tenants as databases of one MariaDB server.

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Executor, MySql, MySqlPool,
    mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlPoolOptions},
};
use userbook::store::StoreError;
use userbook_sqlx::{host::Statement, mysql};

use super::{
    Presence, SqlTenants, TenantBackend, TenantPrefix,
    catalog::{Catalog, created},
};
use crate::TenantName;

static PRESENCE: Statement = Statement::new(include_str!("presence.sql"));
static NAMES: Statement = Statement::new(include_str!("names.sql"));

/// The database exists: `ER_DB_CREATE_EXISTS`.
const DUPLICATE: u16 = 1007;

/// Tenants as databases of one MariaDB server. The start of each session selects the database.
pub type MySqlTenants = SqlTenants<MySql>;

impl SqlTenants<MySql> {
    /// Uses the databases of one server whose names start with the prefix. `pool` is the pool of one tenant: its
    /// `max_connections` are the connections of one tenant. Call it in a tokio runtime.
    pub fn mysql(options: MySqlConnectOptions, pool: MySqlPoolOptions, prefix: TenantPrefix) -> Self {
        let catalog = Catalog::new(pool.clone(), options.clone(), prefix);
        Self::with_catalog(catalog, options, pool)
    }
}

#[async_trait]
impl TenantBackend for MySql {
    type Catalog = Catalog<MySql>;

    fn direct(
        catalog: &Self::Catalog,
        options: MySqlConnectOptions,
        name: &TenantName,
    ) -> MySqlConnectOptions {
        options.database(&catalog.prefix.with(name))
    }

    /// Connects when the first operation needs it.
    async fn connect(pool: MySqlPoolOptions, options: MySqlConnectOptions) -> Result<MySqlPool, StoreError> {
        Ok(pool.min_connections(0).connect_lazy_with(options))
    }

    async fn presence(catalog: &Self::Catalog, name: &TenantName) -> Result<Presence, StoreError> {
        catalog.presence(&PRESENCE, name).await
    }

    async fn create(catalog: &Self::Catalog, name: &TenantName) -> Result<bool, StoreError> {
        // Names contain no backticks.
        let create = format!("CREATE DATABASE `{}` CHARACTER SET utf8mb4", catalog.prefix.with(name));
        let mut connection = catalog.store.acquire().await?;
        let answer = connection.execute(AssertSqlSafe(create)).await.map(drop);
        let is_duplicate = |error: &sqlx::Error| {
            let error = error.as_database_error();
            let error = error.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
            error.is_some_and(|error| error.number() == DUPLICATE)
        };
        created(connection, answer, is_duplicate)
    }

    async fn names(catalog: &Self::Catalog) -> Result<Vec<TenantName>, StoreError> {
        catalog.names(&NAMES).await
    }

    async fn ping(catalog: &Self::Catalog) -> Result<(), StoreError> {
        catalog.ping().await
    }

    async fn close(catalog: &Self::Catalog) {
        catalog.store.close().await;
    }

    fn failure(error: sqlx::Error) -> StoreError {
        mysql::failure(error)
    }
}
