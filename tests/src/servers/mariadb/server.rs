//! The MariaDB server of this process.

use std::sync::OnceLock;

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqlSafeStr, mysql::MySqlConnectOptions};
use userbook_sqlx::mysql::connect_options;

use super::instance::Instance;

/// The environment variable with the URL of another server, as a user who may create databases.
pub(super) const GIVEN: &str = "USERBOOK_TEST_MYSQL_URL";

/// A running server.
#[derive(Debug)]
pub struct Server {
    options: MySqlConnectOptions,
    /// Keeps the started server running.
    own: Option<Instance>,
}

/// Returns the server of this process.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var(GIVEN) {
            let options = connect_options(&url).unwrap_or_else(|error| panic!("{GIVEN}: {error}"));
            return Server { options, own: None };
        }
        // Test data need not survive a crash.
        let own = Instance::new(&["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"]);
        Server { options: own.options(), own: Some(own) }
    })
}

impl Server {
    /// Returns connection options for a database.
    pub fn options(&self, database: &str) -> MySqlConnectOptions {
        self.options.clone().database(database)
    }

    /// Returns whether databases remain after this process unless they are dropped.
    pub(super) fn outlives_us(&self) -> bool {
        self.own.is_none()
    }

    /// Runs a statement as administrator.
    pub async fn run(&self, sql: String) {
        Self::administer(&self.options, sql).await;
    }

    /// Runs a statement as administrator of the server at `options`.
    pub async fn administer(options: &MySqlConnectOptions, sql: String) {
        let mut admin = MySqlConnection::connect_with(options).await.expect("the server answers");
        let done = sqlx::raw_sql(AssertSqlSafe(sql.clone()).into_sql_str()).execute(&mut admin).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        admin.close().await.expect("a connection can be closed");
    }
}
