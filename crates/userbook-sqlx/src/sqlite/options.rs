//! How to connect.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::error::is_busy;

/// The attempts of [`connect`] and the pause between them: 5 seconds in total.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Recommended options for the database at `url` (`sqlite://users.db`): created if missing, WAL, foreign keys,
/// a busy timeout of 5 seconds, and data on disk before a commit returns.
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
/// use sqlx::sqlite::SqlitePoolOptions;
/// use userbook_sqlx::sqlite::{SqliteStore, connect, connect_options};
///
/// let pool = connect(SqlitePoolOptions::new().max_connections(4), connect_options(&url)?).await?;
/// SqliteStore::new(pool).migrate().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn connect_options(url: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
    Ok(recommended(SqliteConnectOptions::from_str(url)?))
}

/// The options of [`connect_options`] for the file at `path`.
pub fn file_options(path: impl AsRef<Path>) -> SqliteConnectOptions {
    recommended(SqliteConnectOptions::new().filename(path))
}

fn recommended(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .synchronous(SqliteSynchronous::Full)
}

/// Opens a pool like [`SqlitePoolOptions::connect_with`], and retries while the database is busy. The first connection
/// switches a new database to WAL, which the busy timeout does not cover: of two processes that start at once, one
/// would fail.
///
/// # Errors
/// If the pool cannot be opened.
pub async fn connect(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    for _ in 1..ATTEMPTS {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
    pool.connect_with(options).await
}
