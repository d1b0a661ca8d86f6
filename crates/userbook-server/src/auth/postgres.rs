//! Tokens and permissions in the PostgreSQL database that holds the users.

use sqlx::PgPool;
use userbook_sqlx::{Migration, PostgresStore, migrate, postgres::failure};

use super::sql::{Statements, sql_auth};

const MIGRATIONS: [Migration; 1] =
    [Migration { version: 1, name: "auth", sql: include_str!("../../migrations/postgres/0001_auth.sql") }];

const STATEMENTS: Statements = Statements::numbered("BEGIN", include_str!("sql/grants_postgres.sql"));

sql_auth! {
    /// Tokens and permissions in PostgreSQL.
    PostgresAuth(PostgresStore, PgPool)
}
