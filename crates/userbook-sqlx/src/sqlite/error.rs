//! What SQLite's failures mean: <https://www.sqlite.org/rescode.html>.

use sqlx::{Error, sqlite::SqliteQueryResult};
use userbook::store::{StoreError, StoreErrorKind};

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const CORRUPT: u32 = 11;
const CONSTRAINT: u32 = 19;
const NOT_A_DATABASE: u32 = 26;
const BUSY_SNAPSHOT: u32 = BUSY | (2 << 8);
const CONSTRAINT_FOREIGN_KEY: u32 = CONSTRAINT | (3 << 8);
const CONSTRAINT_UNIQUE: u32 = CONSTRAINT | (8 << 8);

/// SQLite's extended result code.
fn code(error: &Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The result code without its extension.
fn primary(error: &Error) -> Option<u32> {
    code(error).map(|code| code & 0xff)
}

/// Whether a value that must be unique is there already (a primary key has a code of its own).
pub(super) fn is_duplicate(error: &Error) -> bool {
    code(error) == Some(CONSTRAINT_UNIQUE)
}

/// Whether a write failed because of another write: a value that must be unique is there already, a group is missing or
/// still has members, or another writer has written since this transaction began to read.
fn is_conflict(error: &Error) -> bool {
    matches!(code(error), Some(CONSTRAINT_UNIQUE | CONSTRAINT_FOREIGN_KEY | BUSY_SNAPSHOT))
}

/// How many rows a statement wrote; `None` if it failed because of another write.
pub(super) fn rows_written(done: Result<SqliteQueryResult, Error>) -> Result<Option<u64>, StoreError> {
    match done {
        Ok(done) => Ok(Some(done.rows_affected())),
        Err(error) if is_conflict(&error) => Ok(None),
        Err(error) => Err(failure(error)),
    }
}

/// Whether another connection holds a lock.
pub(super) fn is_busy(error: &Error) -> bool {
    primary(error) == Some(BUSY)
}

/// What a failure means for the caller, if nothing was written. For hosts that keep tables of their own beside
/// these; the failure of a `COMMIT` is another matter.
pub fn failure(error: Error) -> StoreError {
    StoreError::new(kind(&error), error)
}

/// A failure of the commit itself. SQLite says that it did not happen if it was busy or if a constraint that is
/// checked last was broken; otherwise the result is unknown.
pub(super) fn commit_failure(error: Error) -> StoreError {
    let kind = match primary(&error) {
        Some(BUSY) => StoreErrorKind::Transient,
        Some(CONSTRAINT) => StoreErrorKind::Other,
        _ => StoreErrorKind::Ambiguous,
    };
    StoreError::new(kind, error)
}

fn kind(error: &Error) -> StoreErrorKind {
    match (error, primary(error)) {
        (Error::PoolTimedOut, _) | (_, Some(BUSY | LOCKED)) => StoreErrorKind::Transient,
        (_, Some(CORRUPT | NOT_A_DATABASE)) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("code {0}")]
    struct Code(u32);

    impl DatabaseError for Code {
        fn message(&self) -> &'static str {
            "see its code"
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.to_string().into())
        }
        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn database(code: u32) -> Error {
        Error::Database(Box::new(Code(code)))
    }

    #[test]
    fn kinds_before_and_at_the_commit() {
        use StoreErrorKind::{Ambiguous, Corrupt, Other, Transient};
        for (code, before, at) in [
            (5, Transient, Transient),
            (261, Transient, Transient),
            (517, Transient, Transient),
            (6, Transient, Ambiguous),
            (262, Transient, Ambiguous),
            (8, Other, Ambiguous),
            (10, Other, Ambiguous),
            (1034, Other, Ambiguous),
            (13, Other, Ambiguous),
            (11, Corrupt, Ambiguous),
            (26, Corrupt, Ambiguous),
            (787, Other, Other),
        ] {
            assert_eq!(failure(database(code)).kind, before, "{code}");
            assert_eq!(commit_failure(database(code)).kind, at, "{code}");
        }
        assert_eq!(failure(Error::PoolTimedOut).kind, Transient);
        assert_eq!(failure(Error::PoolClosed).kind, Other);
        assert_eq!(commit_failure(Error::WorkerCrashed).kind, Ambiguous);
    }

    #[test]
    fn codes_that_are_conflicts() {
        assert!(is_conflict(&database(2067)));
        assert!(!is_conflict(&database(1555)));
        assert!(is_conflict(&database(517)));
        assert!(!is_conflict(&database(5)));
        assert!(is_duplicate(&database(2067)) && !is_duplicate(&database(517)));
        assert!(is_conflict(&database(787)));
    }
}
