//! Tenants as schemas of one PostgreSQL database.

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Executor, PgPool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use userbook::store::StoreError;
use userbook_sqlx::{host::Statement, postgres};

use super::{
    Presence, SqlTenants, TenantBackend, TenantPrefix,
    catalog::{Catalog, created},
};
use crate::TenantName;

static PRESENCE: Statement = Statement::new(include_str!("presence.sql"));
static NAMES: Statement = Statement::new(include_str!("names.sql"));

/// The schema exists.
const DUPLICATE: [&str; 2] = ["42P06", "23505"];

/// Tenants as schemas of one PostgreSQL database.
///
/// The start of each session sets `search_path` to the schema alone, so that a missing table is an error and never a
/// table of another schema. A connection pooler that rejects start options or changes the session between transactions
/// cannot be used.
pub type PostgresTenants = SqlTenants<Postgres>;

impl SqlTenants<Postgres> {
    /// Uses the schemas of one database whose names start with the prefix. `pool` is the pool of one tenant: its
    /// `max_connections` are the connections of one tenant. Call it in a tokio runtime.
    pub fn postgres(options: PgConnectOptions, pool: PgPoolOptions, prefix: TenantPrefix) -> Self {
        let catalog = Catalog::new(pool.clone(), options.clone(), prefix);
        Self::with_catalog(catalog, options, pool)
    }
}

#[async_trait]
impl TenantBackend for Postgres {
    type Catalog = Catalog<Postgres>;

    fn direct(catalog: &Self::Catalog, options: PgConnectOptions, name: &TenantName) -> PgConnectOptions {
        options.options([("search_path", format!("\"{}\"", catalog.prefix.with(name)))])
    }

    /// Connects when the first operation needs it.
    async fn connect(pool: PgPoolOptions, options: PgConnectOptions) -> Result<PgPool, StoreError> {
        Ok(pool.min_connections(0).connect_lazy_with(options))
    }

    async fn presence(catalog: &Self::Catalog, name: &TenantName) -> Result<Presence, StoreError> {
        catalog.presence(&PRESENCE, name).await
    }

    async fn create(catalog: &Self::Catalog, name: &TenantName) -> Result<bool, StoreError> {
        // Names contain no quotation marks.
        let create = format!("CREATE SCHEMA \"{}\"", catalog.prefix.with(name));
        let mut connection = catalog.store.acquire().await?;
        let answer = connection.execute(AssertSqlSafe(create)).await.map(drop);
        let is_duplicate = |error: &sqlx::Error| {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            code.is_some_and(|code| DUPLICATE.contains(&code.as_ref()))
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
        postgres::failure(error)
    }
}
