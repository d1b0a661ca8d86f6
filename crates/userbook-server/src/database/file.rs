//! The file of a SQLite database: created once, and checked while it is open.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Counts tables: all, and the one in which Userbook records its migrations.
const TABLES: &str =
    "SELECT count(*), count(CASE name WHEN 'userbook_migration' THEN 1 END) FROM sqlite_master";

/// A reason why a SQLite file is not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The URL names no file.
    #[error("the database URL names no file: expected sqlite:FILE")]
    NoName,
    /// The file does not exist.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// The file cannot be created or opened.
    #[error("cannot open {0}")]
    Io(PathBuf, #[source] io::Error),
    /// The file is not a SQLite database.
    #[error("{0} is not a SQLite database")]
    NotSqlite(PathBuf),
    /// The database belongs to another program.
    #[error("{0} is a database of another program: it has tables, but none of Userbook")]
    Foreign(PathBuf),
    /// SQLite cannot read the file.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] sqlx::Error),
}

/// The file of an open database. The handle keeps the inode in use, so that no other file can get its number.
///
/// Closing a handle releases the locks that SQLite has on the file: this handle must live longer than the pool.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    handle: File,
}

impl DatabaseFile {
    /// Opens the file of these options. Creates a missing file, readable by its owner only.
    pub(super) async fn open_or_create(options: &SqliteConnectOptions) -> Result<Self, FileError> {
        let path = path_of(options)?;
        let created = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
        match created {
            Ok(handle) => Ok(Self { path, handle }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::open_own(path).await,
            Err(error) => Err(FileError::Io(path, error)),
        }
    }

    /// Opens the file of these options.
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, FileError> {
        let path = path_of(options)?;
        if path.exists() { Self::open_own(path).await } else { Err(FileError::Missing(path)) }
    }

    async fn open_own(path: PathBuf) -> Result<Self, FileError> {
        require_own(&path).await?;
        match File::open(&path) {
            Ok(handle) => Ok(Self { path, handle }),
            Err(error) => Err(FileError::Io(path, error)),
        }
    }

    /// Returns whether the path still names the file that was opened. Takes one system call.
    pub(crate) fn is_in_place(&self) -> bool {
        let id = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        match (std::fs::metadata(&self.path), self.handle.metadata()) {
            (Ok(named), Ok(opened)) => id(named) == id(opened),
            _ => false,
        }
    }
}

fn path_of(options: &SqliteConnectOptions) -> Result<PathBuf, FileError> {
    let path = options.get_filename().to_owned();
    if path.as_os_str().is_empty() { Err(FileError::NoName) } else { Ok(path) }
}

/// Requires that an existing file is empty or a database of Userbook.
async fn require_own(path: &Path) -> Result<(), FileError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
        .map_err(|error| FileError::Io(path.to_owned(), error))?;
    if start.is_empty() {
        return Ok(());
    }
    if start != MAGIC {
        return Err(FileError::NotSqlite(path.to_owned()));
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    let tables = count_tables(&options).await;
    match tables.map_err(|error| FileError::Unreadable(path.to_owned(), error))? {
        (all, 0) if all > 0 => Err(FileError::Foreign(path.to_owned())),
        _ => Ok(()),
    }
}

async fn count_tables(options: &SqliteConnectOptions) -> Result<(i64, i64), sqlx::Error> {
    let mut connection: SqliteConnection = options.connect().await?;
    let tables = sqlx::query_as(TABLES).fetch_one(&mut connection).await;
    connection.close().await?;
    tables
}
