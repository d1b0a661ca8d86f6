//! Tenants as schemas of one PostgreSQL database.

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use userbook::store::StoreError;
use userbook_sqlx::{host::Statement, postgres};

use super::{
    SqlTenants, TenantBackend, TenantPrefix,
    catalog::{Catalog, PlaceBackend},
};

/// The schema exists.
const DUPLICATE: [&str; 2] = ["42P06", "23505"];

/// Tenants as schemas of one PostgreSQL database.
///
/// The start of each session sets `search_path` to the schema alone, so that a missing table is an error and never a
/// table of another schema. A connection pooler that rejects or drops start options, or changes the session between
/// transactions, cannot be used; a tenant whose connections have another search path is not opened.
pub type PostgresTenants = SqlTenants<Postgres>;

impl SqlTenants<Postgres> {
    /// Uses the schemas of one database whose names start with the prefix. `pool` is the pool of one tenant: its
    /// `max_connections` are the connections of one tenant. Call it in a tokio runtime.
    pub fn postgres(options: PgConnectOptions, pool: PgPoolOptions, prefix: TenantPrefix) -> Self {
        let catalog = Catalog::new(pool.clone(), options.clone(), prefix);
        Self::with_catalog(catalog, options, pool)
    }
}

/// The schema alone.
fn search_path(place: &str) -> String {
    format!("\"{place}\"")
}

#[async_trait]
impl TenantBackend for Postgres {
    type Catalog = Catalog<Self>;

    fn failure(error: sqlx::Error) -> StoreError {
        postgres::failure(error)
    }
}

#[async_trait]
impl PlaceBackend for Postgres {
    fn presence() -> &'static Statement {
        static PRESENCE: Statement = Statement::new(include_str!("presence.sql"));
        &PRESENCE
    }

    fn names() -> &'static Statement {
        static NAMES: Statement = Statement::new(include_str!("names.sql"));
        &NAMES
    }

    fn direct(options: PgConnectOptions, place: &str) -> PgConnectOptions {
        options.options([("search_path", search_path(place))])
    }

    fn direction(place: &str) -> Option<(&'static Statement, String)> {
        static DIRECTION: Statement = Statement::new(include_str!("direction.sql"));
        Some((&DIRECTION, search_path(place)))
    }

    fn creation(place: &str) -> String {
        format!("CREATE SCHEMA \"{place}\"")
    }

    fn is_duplicate(error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| DUPLICATE.contains(&code.as_ref()))
    }

    async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
        // The text of a catalog, not of a caller.
        connection.execute(AssertSqlSafe(statement)).await.map(drop)
    }
}
