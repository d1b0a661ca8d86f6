//! Tenants as SQLite files of one folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{
    Sqlite, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::task::spawn_blocking;
use userbook::store::{StoreError, StoreErrorKind};
use userbook_sqlx::sqlite;

use super::{Presence, SqlTenants, TenantBackend, TenantCatalog};
use crate::TenantName;

/// The end of the name of each file.
const END: &str = ".db";

/// Tenants as SQLite files of one folder: `NAME.db`. Anything but a regular file, such as a symbolic link, is no
/// tenant.
pub type SqliteTenants = SqlTenants<Sqlite>;

impl SqlTenants<Sqlite> {
    /// Uses the files of `folder`, which must exist, with the options of [`sqlite::connect_options`]. `pool` is the
    /// pool of one tenant: its `max_connections` are the readers of one tenant, and a writer is opened beside two or
    /// more.
    pub fn sqlite(folder: impl Into<PathBuf>, pool: SqlitePoolOptions) -> Self {
        let folder = folder.into();
        let options = sqlite::file_options(&folder);
        Self::with_catalog(Folder(folder), options, pool)
    }

    /// Sets the time that a statement waits for a lock of another process.
    #[must_use]
    pub fn with_busy_timeout(mut self, time: Duration) -> Self {
        self.options = self.options.busy_timeout(time);
        self
    }

    /// The file of a tenant.
    pub fn path(&self, name: &TenantName) -> PathBuf {
        self.catalog.path(name)
    }
}

/// The folder of tenants.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The name contains no separator and no dot.
    fn path(&self, name: &TenantName) -> PathBuf {
        self.0.join(format!("{name}{END}"))
    }
}

/// Runs file operations on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = spawn_blocking(work).await.map_err(io::Error::other).and_then(|answer| answer);
    done.map_err(|error| StoreError::new(StoreErrorKind::Other, error))
}

fn presence(path: &Path) -> io::Result<Presence> {
    match fs::symlink_metadata(path) {
        Ok(file) if !file.is_file() => Ok(Presence::Missing),
        Ok(file) => Ok(if file.len() == 0 { Presence::Empty } else { Presence::Filled }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Presence::Missing),
        Err(error) => Err(error),
    }
}

/// Creates an empty file that only its owner can read.
fn create(path: &Path) -> io::Result<bool> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn names(folder: &Path) -> io::Result<Vec<TenantName>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let name = file_name.to_str().and_then(|text| text.strip_suffix(END)?.parse().ok());
        if entry.file_type()?.is_file() {
            names.extend(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[async_trait]
impl TenantBackend for Sqlite {
    type Catalog = Folder;

    async fn connect(
        pool: SqlitePoolOptions,
        options: SqliteConnectOptions,
    ) -> Result<SqlitePool, StoreError> {
        sqlite::connect(pool.min_connections(0), options).await.map_err(sqlite::failure)
    }

    fn failure(error: sqlx::Error) -> StoreError {
        sqlite::failure(error)
    }
}

#[async_trait]
impl TenantCatalog<Sqlite> for Folder {
    fn direct(&self, options: SqliteConnectOptions, name: &TenantName) -> SqliteConnectOptions {
        // A file that is deleted must not come back empty.
        options.filename(self.path(name)).create_if_missing(false)
    }

    async fn presence(&self, name: &TenantName) -> Result<Presence, StoreError> {
        let path = self.path(name);
        blocking(move || presence(&path)).await
    }

    async fn create(&self, name: &TenantName) -> Result<bool, StoreError> {
        let path = self.path(name);
        blocking(move || create(&path)).await
    }

    async fn names(&self) -> Result<Vec<TenantName>, StoreError> {
        let folder = self.0.clone();
        blocking(move || names(&folder)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let folder = self.0.clone();
        blocking(move || fs::read_dir(folder).map(drop)).await
    }

    async fn close(&self) {}
}
