//! How to connect.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// The idle time after which a connection is tested before use.
const MAX_UNTESTED: Duration = Duration::from_secs(10);

/// Settings of a connection, for [`PgConnectOptions::options`]: prepared statements keep a generic plan. By default
/// PostgreSQL plans each load anew, which takes longer than the load. This concerns the host's own statements on the
/// pool too.
///
/// They are sent when a connection starts, so that no hook of the pool can lose them. `PgBouncer` rejects such
/// settings: there, set `plan_cache_mode` for the role (`ALTER ROLE … SET`).
pub const SESSION: [(&str, &str); 1] = [("plan_cache_mode", "force_generic_plan")];

/// Recommended options for the database at `url` (`postgres://name:password@host/database`), with [`SESSION`].
///
/// # Errors
/// If the URL cannot be read.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use userbook_sqlx::postgres::{PostgresStore, connect_options, pool_options};
///
/// let options = connect_options("postgres://localhost/users")?;
/// let store = PostgresStore::new(pool_options().connect_with(options).await?);
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
pub fn connect_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(url)?.options(SESSION))
}

/// Recommended options for the pool. Connections are tested before use only after 10 idle seconds; sqlx's default, a
/// ping before every use, doubles the round trips of an update.
pub fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new().test_before_acquire(false).before_acquire(|connection, state| {
        Box::pin(async move {
            if state.idle_for > MAX_UNTESTED {
                connection.ping().await?;
            }
            Ok(true)
        })
    })
}
