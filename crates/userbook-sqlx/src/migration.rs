//! Migrations: which there are, and which a database still lacks.

use sha2::{Digest, Sha256};

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A migration that was applied is not the one that this program has.
    #[error(
        "migration {version} ({name}) was applied to this database with another text than this program has"
    )]
    Changed {
        /// Its number.
        version: i64,
        /// Its name.
        name: &'static str,
    },
    /// The database is newer than this program.
    #[error("migration {version} was applied to this database, and this program does not know it")]
    Unknown {
        /// Its number.
        version: i64,
    },
    /// SQLite keeps foreign keys only if each connection turns them on.
    #[error("the connections of this pool do not keep foreign keys: set foreign_keys on")]
    ForeignKeysOff,
    /// A PostgreSQL database keeps text in an encoding of its own.
    #[error("the database has the encoding {encoding}: make one with the encoding UTF8")]
    NotUnicode {
        /// Its encoding.
        encoding: String,
    },
    /// The connections are not as they must be.
    #[error("the connections of this pool lack {0}")]
    Lacks(&'static str),
    /// Another migration of this database takes too long.
    #[error("timed out waiting for another migration")]
    Locked,
    /// The database failed.
    #[error("the database failed during a migration")]
    Database(#[from] sqlx::Error),
}

/// One step, written once and never edited after its release.
#[derive(Debug)]
pub struct Migration {
    /// Its number; steps are applied in ascending order.
    pub version: i64,
    /// What it is called.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

impl Migration {
    /// Tells whether the text is still the same.
    pub(crate) fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.as_bytes());
        digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// The migrations among `all` that are not among those `applied` (versions and checksums).
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
    fn what_lacks_is_told_and_what_changed_is_refused() {
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
