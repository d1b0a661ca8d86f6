//! Migrations: the schema's versions, and how pending ones are applied.

use sha2::{Digest, Sha256};
use sqlx::{Connection as _, Pool, SqlSafeStr};

use crate::{
    backend::Backend,
    connection_cache::ConnectionCache,
    decode::{DecodeError, RowExt, required},
    driver::{Conn, execute, fetch_all},
    statements,
};

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// An applied migration differs from the migration of this program.
    #[error("migration {version} ({name}) was applied to this database with a different text")]
    Changed {
        /// The version.
        version: i64,
        /// The name.
        name: &'static str,
    },
    /// The database is newer than this program.
    #[error("migration {version} was applied to this database and is unknown to this program")]
    Unknown {
        /// The version.
        version: i64,
    },
    /// The SQLite file has the `application_id` of another application, and no table of Userbook. For a file of the
    /// host's own, set `PRAGMA application_id = 0` before the first migration, and the own value afterwards.
    #[error("the file belongs to another application (application_id {application_id:#010x})")]
    ForeignFile {
        /// The identifier.
        application_id: i64,
    },
    /// SQLite enforces foreign keys only if each connection enables them.
    #[error("the pool's connections do not enforce foreign keys: set foreign_keys on")]
    ForeignKeysOff,
    /// A PostgreSQL database has one encoding for all text.
    #[error("the database has the encoding {encoding}: UTF8 is required")]
    NotUnicode {
        /// The encoding.
        encoding: String,
    },
    /// The connections have a setting that the store cannot work with.
    #[error("the pool's connections need {0}")]
    IncompatibleSetting(&'static str),
    /// Another migration of this database takes too long.
    #[error("timed out waiting for another migration")]
    Locked,
    /// The list of applied migrations cannot be read.
    #[error("cannot read the list of applied migrations")]
    Decode(#[from] DecodeError),
    /// The database failed.
    #[error("the database failed during a migration")]
    Database(#[from] sqlx::Error),
}

/// One step of the schema. A released step is never edited.
#[derive(Debug)]
pub struct Migration {
    /// The version. Steps are applied in ascending order.
    pub version: i64,
    /// The name.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

impl Migration {
    /// Detects an edited text.
    pub(crate) fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.as_bytes());
        digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// Applies the pending migrations of `component`, as [`SqlStore::migrate`](crate::SqlStore::migrate) does for
/// Userbook's own: for a host that keeps tables beside Userbook's.
///
/// MariaDB commits each statement that creates or alters a table by itself. There, each statement must be
/// repeatable (`CREATE TABLE IF NOT EXISTS`).
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate<B: Backend>(
    pool: &Pool<B>,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    // After an error the connection is not clean: MariaDB's lock ends with it.
    let mut conn = ConnectionCache::new(pool.clone(), B::on_dirty).acquire().await?;
    B::check_connection(&mut conn).await?;
    B::migrate(&mut conn, component, migrations).await?;
    conn.release();
    Ok(())
}

pub(crate) async fn apply_in_transaction<B: Backend>(
    conn: &mut Conn<B>,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    let mut transaction = conn.begin_with(B::BEGIN_MIGRATION.into_sql_str()).await?;
    apply::<B>(&mut transaction, component, migrations).await?;
    Ok(transaction.commit().await?)
}

/// Applies the pending migrations.
pub(crate) async fn apply<B: Backend>(
    conn: &mut Conn<B>,
    component: &str,
    migrations: &'static [Migration],
) -> Result<(), MigrateError> {
    execute::<B>(conn, &B::statements().migration_table, &[]).await?;
    let rows =
        fetch_all::<B>(conn, &statements::MIGRATIONS_APPLIED, &[("component", component.into())]).await?;
    let applied: Result<Vec<_>, DecodeError> = rows
        .iter()
        .map(|row| Ok((required(row, "version", RowExt::integer)?, required(row, "checksum", RowExt::text)?)))
        .collect();
    for migration in pending(migrations, &applied?)? {
        B::execute_script(conn, migration.sql).await?;
        let done = [
            ("component", component.into()),
            ("version", migration.version.into()),
            ("name", migration.name.into()),
            ("checksum", migration.checksum().into()),
        ];
        execute::<B>(conn, &statements::MIGRATION_DONE, &done).await?;
    }
    Ok(())
}

/// The migrations among `all` that are not `applied` (versions and checksums).
pub(crate) fn pending<'a>(
    all: &'a [Migration],
    applied: &[(i64, String)],
) -> Result<Vec<&'a Migration>, MigrateError> {
    for (version, checksum) in applied {
        let Some(known) = all.iter().find(|migration| migration.version == *version) else {
            return Err(MigrateError::Unknown { version: *version });
        };
        if known.checksum() != *checksum {
            return Err(MigrateError::Changed { version: *version, name: known.name });
        }
    }
    let is_applied = |migration: &Migration| applied.iter().any(|(version, _)| *version == migration.version);
    Ok(all.iter().filter(|migration| !is_applied(migration)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Migration; 2] = [
        Migration { version: 1, name: "one", sql: "SELECT 1" },
        Migration { version: 2, name: "two", sql: "SELECT 2" },
    ];

    #[test]
    fn pending_migrations_are_found_and_changed_ones_rejected() {
        let versions = |applied: &[(i64, String)]| {
            pending(&ALL, applied).map(|all| all.iter().map(|one| one.version).collect::<Vec<_>>())
        };
        let done = |at: usize| (ALL[at].version, ALL[at].checksum());
        assert_eq!(versions(&[]).unwrap(), [1, 2]);
        assert_eq!(versions(&[done(0)]).unwrap(), [2]);
        assert_eq!(versions(&[done(0), done(1)]).unwrap(), [0; 0]);
        assert!(matches!(versions(&[(1, "x".to_owned())]), Err(MigrateError::Changed { version: 1, .. })));
        assert!(matches!(versions(&[(3, "x".to_owned())]), Err(MigrateError::Unknown { version: 3 })));
    }
}
