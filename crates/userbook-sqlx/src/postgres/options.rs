//! How to pool connections.

use std::time::Duration;

use sqlx::{Connection, Executor, postgres::PgPoolOptions};

use super::sql;

/// The idle time after which a connection is tested before use.
const MAX_UNTESTED: Duration = Duration::from_secs(10);

/// Recommended options for the pool. Connections are tested before use only after 10 idle seconds; sqlx's default, a
/// ping before every use, doubles the round trips of an update. Prepared statements keep a generic plan: by default
/// PostgreSQL plans each load anew, which takes longer than the load. This concerns the host's own statements on the
/// pool too.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use userbook_sqlx::postgres::{PostgresStore, pool_options};
///
/// let store = PostgresStore::new(pool_options().connect("postgres://localhost/users").await?);
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
pub fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(sql::SESSION).await?;
                Ok(())
            })
        })
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > MAX_UNTESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
