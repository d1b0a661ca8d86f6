//! Tokens and permissions in the SQLite database that holds the users.

use sqlx::SqlitePool;
use userbook_sqlx::{Migration, SqliteStore, migrate, sqlite::failure};

use super::sql::{Statements, sql_auth};

const MIGRATIONS: [Migration; 1] =
    [Migration { version: 1, name: "auth", sql: include_str!("../../migrations/sqlite/0001_auth.sql") }];

const STATEMENTS: Statements = Statements::numbered("BEGIN IMMEDIATE", include_str!("sql/grants_sqlite.sql"));

sql_auth! {
    /// Tokens and permissions in SQLite.
    SqliteAuth(SqliteStore, SqlitePool)
}
