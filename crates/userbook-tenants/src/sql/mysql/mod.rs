//! Tenants as databases of one MariaDB server.

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Executor, MySql, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlPoolOptions},
};
use userbook::store::StoreError;
use userbook_sqlx::{host::Statement, mysql};

use super::{
    SqlTenants, TenantBackend, TenantPrefix,
    catalog::{Catalog, PlaceBackend},
};

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
    type Catalog = Catalog<Self>;

    fn failure(error: sqlx::Error) -> StoreError {
        mysql::failure(error)
    }
}

#[async_trait]
impl PlaceBackend for MySql {
    fn presence() -> &'static Statement {
        static PRESENCE: Statement = Statement::new(include_str!("presence.sql"));
        &PRESENCE
    }

    fn names() -> &'static Statement {
        static NAMES: Statement = Statement::new(include_str!("names.sql"));
        &NAMES
    }

    fn direct(options: MySqlConnectOptions, place: &str) -> MySqlConnectOptions {
        options.database(place)
    }

    fn creation(place: &str) -> String {
        format!("CREATE DATABASE `{place}` CHARACTER SET utf8mb4")
    }

    fn is_duplicate(error: &sqlx::Error) -> bool {
        let error = error.as_database_error();
        let error = error.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
        error.is_some_and(|error| error.number() == DUPLICATE)
    }

    async fn run(connection: &mut MySqlConnection, statement: String) -> Result<(), sqlx::Error> {
        // The text of a catalog, not of a caller.
        connection.execute(AssertSqlSafe(statement)).await.map(drop)
    }
}
