//! How to pool connections.

use std::time::Duration;

use sqlx::{Connection, Executor, postgres::PgPoolOptions};

use super::sql;

/// A connection that has rested longer than this may have been closed by something in between.
const RESTED: Duration = Duration::from_secs(10);

/// Recommended options for the host's pool: connections are tested before use only if they have rested for ten
/// seconds, where sqlx would ping before every use, which makes four round trips of an update's two. And prepared
/// statements keep the plan they have: left to itself, PostgreSQL plans a load anew each time, which takes it longer
/// than the load. Statements of the host's own on this pool are planned once too.
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
                if state.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
