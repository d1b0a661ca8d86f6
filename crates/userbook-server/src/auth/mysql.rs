//! Tokens and permissions in the MariaDB or MySQL database that holds the users.

use sqlx::MySqlPool;
use userbook_sqlx::{
    Migration, MySqlStore, migrate,
    mysql::{BEGIN, failure},
};

use super::sql::{Statements, sql_auth};

const MIGRATIONS: [Migration; 1] =
    [Migration { version: 1, name: "auth", sql: include_str!("../../migrations/mysql/0001_auth.sql") }];

const STATEMENTS: Statements = Statements {
    begin: BEGIN,
    grants: include_str!("sql/grants_mysql.sql"),
    granted_objects: include_str!("sql/granted_objects_mysql.sql"),
    find_token: include_str!("sql/find_token_mysql.sql"),
    put_token: include_str!("sql/put_token_mysql.sql"),
    put_grant: include_str!("sql/put_grant_mysql.sql"),
};

sql_auth! {
    /// Tokens and permissions in MariaDB or MySQL.
    MySqlAuth(MySqlStore, MySqlPool)
}
