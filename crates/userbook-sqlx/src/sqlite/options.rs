//! How to connect.

use std::{str::FromStr, time::Duration};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// Recommended options for the database at `url` (`sqlite://users.db`): made if missing, WAL, foreign keys on,
/// 5 seconds of patience with other writers, and on disk before a commit returns.
///
/// # Errors
/// If the URL cannot be read.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # let folder = std::env::temp_dir().join(format!("userbook-options-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let url = format!("sqlite://{}", folder.join("users.db").display());
/// # runtime.block_on(async {
/// use userbook_sqlx::sqlite::{SqliteStore, connect_options};
///
/// let pool = sqlx::sqlite::SqlitePoolOptions::new().connect_with(connect_options(&url)?).await?;
/// SqliteStore::new(pool).migrate().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn connect_options(url: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .synchronous(SqliteSynchronous::Full))
}
