//! What SQLite's errors mean: <https://www.sqlite.org/rescode.html>.

use sqlx::{Error, Sqlite};
use userbook::store::{StoreError, StoreErrorKind};

use crate::error::{Classify, ErrorClass, SqlError};

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const NO_MEMORY: u32 = 7;
const CORRUPT: u32 = 11;
const CONSTRAINT: u32 = 19;
const NOT_A_DATABASE: u32 = 26;
const BUSY_SNAPSHOT: u32 = BUSY | (2 << 8);
const CONSTRAINT_FOREIGN_KEY: u32 = CONSTRAINT | (3 << 8);
const CONSTRAINT_PRIMARY_KEY: u32 = CONSTRAINT | (6 << 8);
const CONSTRAINT_UNIQUE: u32 = CONSTRAINT | (8 << 8);

/// SQLite's extended result code.
fn code(error: &Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The result code without its extension.
fn primary(error: &Error) -> Option<u32> {
    code(error).map(|code| code & 0xff)
}

/// Whether another connection holds a lock.
pub(super) fn is_busy(error: &Error) -> bool {
    primary(error) == Some(BUSY)
}

/// Converts an error of a statement other than `COMMIT`, for hosts that keep tables of their own beside these.
pub fn failure(error: Error) -> StoreError {
    SqlError::<Sqlite>::from(error).into()
}

/// Whether a duplicate was found in a column that other writers may write to.
fn is_own_value(error: &Error) -> bool {
    let message = error.as_database_error().map_or("", |error| error.message());
    [
        "userbook_user.username",
        "userbook_user.uuid",
        "userbook_group.name, userbook_group.twin",
        "userbook_claim.is_exclusive",
    ]
    .iter()
    .any(|name| message.ends_with(name))
}

impl Classify for Sqlite {
    /// What a failure means before the commit. A conflict is caused by another write: a value that must be unique
    /// exists already, or a group is missing or still has members.
    fn classify(error: &Error) -> ErrorClass {
        match (code(error), primary(error)) {
            (Some(CONSTRAINT_UNIQUE), _) if is_own_value(error) => ErrorClass::Conflict,
            (Some(CONSTRAINT_FOREIGN_KEY), _) => ErrorClass::Conflict,
            // Another writer has written since this transaction began to read.
            (Some(BUSY_SNAPSHOT), _) => ErrorClass::Contended,
            (_, Some(BUSY | LOCKED | NO_MEMORY)) => ErrorClass::Failure(StoreErrorKind::Transient),
            (_, Some(CORRUPT | NOT_A_DATABASE)) => ErrorClass::Failure(StoreErrorKind::Corrupt),
            _ if matches!(error, Error::PoolTimedOut) => ErrorClass::Failure(StoreErrorKind::Transient),
            _ => ErrorClass::Failure(StoreErrorKind::Other),
        }
    }

    /// What a failure of the commit means. A busy database and a broken deferred constraint mean that nothing was
    /// written; otherwise the result is unknown.
    fn classify_commit(error: &Error) -> ErrorClass {
        match primary(error) {
            Some(BUSY) => ErrorClass::Failure(StoreErrorKind::Transient),
            // Only the host's constraints are deferred.
            Some(CONSTRAINT) => ErrorClass::Referenced,
            _ => ErrorClass::Failure(StoreErrorKind::Ambiguous),
        }
    }

    fn is_user_id_taken(error: &Error) -> bool {
        let message = error.as_database_error().map_or("", |error| error.message());
        code(error) == Some(CONSTRAINT_PRIMARY_KEY) && message.ends_with("userbook_user.id")
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("code {0}")]
    struct Code(u32, &'static str);

    impl DatabaseError for Code {
        fn message(&self) -> &str {
            self.1
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
        Error::Database(Box::new(Code(code, "UNIQUE constraint failed: userbook_user.username")))
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
            (7, Transient, Ambiguous),
            (8, Other, Ambiguous),
            (10, Other, Ambiguous),
            (1034, Other, Ambiguous),
            (13, Other, Ambiguous),
            (11, Corrupt, Ambiguous),
            (26, Corrupt, Ambiguous),
            (787, Other, Other),
        ] {
            assert_eq!(failure(database(code)).kind, before, "{code}");
            assert_eq!(StoreError::from(SqlError::<Sqlite>::at_commit(database(code))).kind, at, "{code}");
        }
        assert_eq!(failure(Error::PoolTimedOut).kind, Transient);
        assert_eq!(failure(Error::PoolClosed).kind, Other);
        assert_eq!(Sqlite::classify_commit(&Error::WorkerCrashed), ErrorClass::Failure(Ambiguous));
    }

    #[test]
    fn codes_that_are_conflicts() {
        use ErrorClass::{Conflict, Contended, Failure};
        for (code, expected) in [
            (2067, Conflict),
            (787, Conflict),
            (517, Contended),
            (1555, Failure(StoreErrorKind::Other)),
            (5, Failure(StoreErrorKind::Transient)),
        ] {
            assert_eq!(Sqlite::classify(&database(code)), expected, "{code}");
        }
        let event = Error::Database(Box::new(Code(2067, "UNIQUE constraint failed: userbook_event.id")));
        assert_eq!(Sqlite::classify(&event), Failure(StoreErrorKind::Other));
    }
}
