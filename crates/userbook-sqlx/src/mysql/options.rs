//! How to connect.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection, Executor,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

use super::sql;

/// The idle time after which a connection is tested before use.
const IDLE: Duration = Duration::from_secs(30);

/// Recommended options for the database at `url` (`mysql://name:password@host/database`): `utf8mb4`, and UTC.
///
/// # Errors
/// If the URL cannot be read.
pub fn connect_options(url: &str) -> Result<MySqlConnectOptions, sqlx::Error> {
    Ok(MySqlConnectOptions::from_str(url)?.charset("utf8mb4").timezone(Some("+00:00".to_owned())))
}

/// Recommended options for the pool: a strict `sql_mode`, a lock timeout of 5 seconds, hierarchies of groups with more
/// than 1,000 levels, and a test of connections only after they were idle for 30 seconds.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use userbook_sqlx::mysql::{MySqlStore, connect_options, pool_options};
///
/// let options = connect_options("mysql://userbook:secret@localhost/userbook")?;
/// let store = MySqlStore::new(pool_options().max_connections(16).connect_with(options).await?);
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
pub fn pool_options() -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(sql::SESSION).await?;
                Ok(())
            })
        })
        .before_acquire(|connection, known| {
            Box::pin(async move { Ok(known.idle_for < IDLE || connection.ping().await.is_ok()) })
        })
}
