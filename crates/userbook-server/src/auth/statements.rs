//! The statements, and what differs between the databases.

use sqlx::{MySql, Postgres, Sqlite};
use userbook_sqlx::{
    Migration,
    host::{Backend, Statement},
};

/// `statement!("find_token")`: the statement in the file of this name.
macro_rules! statement {
    ($name:literal) => {
        Statement::new(include_str!(concat!("sql/", $name, ".sql")))
    };
}

pub(super) static FIND_TOKEN: Statement = statement!("find_token");
pub(super) static FIND_CONNECTION: Statement = statement!("find_connection");
pub(super) static FIND_CONNECTION_NAME: Statement = statement!("find_connection_name");
pub(super) static LIST_CONNECTIONS: Statement = statement!("list_connections");
pub(super) static PUT_CONNECTION: Statement = statement!("put_connection");
pub(super) static SET_CONNECTION_HASH: Statement = statement!("set_connection_hash");
pub(super) static LIST_TOKENS: Statement = statement!("list_tokens");
pub(super) static LIST_TOKENS_OF_USER: Statement = statement!("list_tokens_of_user");
pub(super) static FIND_IDENTIFIER: Statement = statement!("find_identifier");
pub(super) static PUT_TOKEN: Statement = statement!("put_token");
pub(super) static DELETE_TOKEN: Statement = statement!("delete_token");
pub(super) static PUT_GRANT: Statement = statement!("put_grant");
pub(super) static DELETE_GRANT: Statement = statement!("delete_grant");
pub(super) static LIST_GRANTS: Statement = statement!("list_grants");
pub(super) static GRANTED_OBJECTS: Statement = statement!("granted_objects");

static GRANTS_MYSQL: Statement = statement!("grants_mysql");
static GRANTS_POSTGRES: Statement = statement!("grants_postgres");
static GRANTS_SQLITE: Statement = statement!("grants_sqlite");

/// A database that can hold tokens and permissions.
pub trait AuthBackend: Backend {
    /// The tables.
    const MIGRATIONS: &'static [Migration];

    /// Returns the query for the grants that a decision needs.
    fn grants() -> &'static Statement;
}

/// `backend!(Sqlite, "sqlite", GRANTS_SQLITE)`
macro_rules! backend {
    ($database:ty, $folder:literal, $grants:ident) => {
        impl AuthBackend for $database {
            const MIGRATIONS: &'static [Migration] = &[Migration {
                version: 1,
                name: "auth",
                sql: include_str!(concat!("../../migrations/", $folder, "/0001_auth.sql")),
            }];

            fn grants() -> &'static Statement {
                &$grants
            }
        }
    };
}

backend!(MySql, "mysql", GRANTS_MYSQL);
backend!(Postgres, "postgres", GRANTS_POSTGRES);
backend!(Sqlite, "sqlite", GRANTS_SQLITE);
