//! What the database's failures mean: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use sqlx::{Error, mysql::MySqlDatabaseError};
use userbook::{StoreError, StoreErrorKind};

/// What a statement's failure tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Somebody else was first; trying again from the start will do.
    Conflict,
    /// Another user has the name.
    UsernameTaken,
    /// A group of that name is there already.
    GroupNameTaken,
    /// A row that is named is not there.
    NotThere,
    /// The storage failed.
    Failure(StoreErrorKind),
}

/// Why a transaction cannot go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// The database asks to try again.
    Stale(Error),
    /// The storage failed.
    Failed(StoreError),
}

impl Halt {
    /// A conflict is an outcome.
    pub(super) fn or<O>(self, stale: O) -> Result<O, StoreError> {
        match self {
            Self::Stale(_) => Ok(stale),
            Self::Failed(error) => Err(error),
        }
    }

    /// As a failure, for operations that know no `Stale`: nothing was written, and trying again may help.
    pub(super) fn into_failure(self) -> StoreError {
        match self {
            Self::Stale(error) => StoreError::new(StoreErrorKind::Transient, error),
            Self::Failed(error) => error,
        }
    }
}

impl<E: Into<StoreError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a failure means for the caller, if nothing was written. For hosts that keep tables of their own beside
/// these; the failure of a `COMMIT` is another matter.
pub fn failure(error: Error) -> StoreError {
    halt(error).into_failure()
}

/// A failure inside a transaction.
pub(super) fn halt(error: Error) -> Halt {
    match meaning(&error) {
        Meaning::Conflict => Halt::Stale(error),
        Meaning::Failure(kind) => Halt::Failed(StoreError::new(kind, error)),
        Meaning::UsernameTaken | Meaning::GroupNameTaken | Meaning::NotThere => {
            Halt::Failed(StoreError::new(StoreErrorKind::Other, error))
        }
    }
}

/// A failure of the commit itself. The database says that it did not happen if it refused the statement or if, in
/// a cluster, another node was first; otherwise nobody can tell.
pub(super) fn commit_failure(error: Error) -> Halt {
    use StoreErrorKind::{Ambiguous, Other, Transient};
    let kind = match number(&error) {
        Some(DEADLOCK) => return Halt::Stale(error),
        Some(CLUSTER_NOT_READY) => Transient,
        Some(READ_ONLY_OPTION | READ_ONLY_MODE) => Other,
        _ => Ambiguous,
    };
    Halt::Failed(StoreError::new(kind, error))
}

/// Whether another user has the name that was to be written.
pub(super) fn is_username_taken(error: &Error) -> bool {
    meaning(error) == Meaning::UsernameTaken
}

/// Whether another group has the name that was to be written.
pub(super) fn is_group_name_taken(error: &Error) -> bool {
    meaning(error) == Meaning::GroupNameTaken
}

/// Whether a row that was referred to is not there.
pub(super) fn is_not_there(error: &Error) -> bool {
    meaning(error) == Meaning::NotThere
}

fn number(error: &Error) -> Option<u16> {
    Some(error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?.number())
}

fn meaning(error: &Error) -> Meaning {
    use StoreErrorKind::{Corrupt, Other, Transient};
    match (number(error), error) {
        (Some(number), _) => told(number, error.as_database_error().map_or("", |error| error.message())),
        (None, Error::PoolTimedOut | Error::Io(_) | Error::WorkerCrashed) => Meaning::Failure(Transient),
        (None, Error::ColumnDecode { .. } | Error::Decode(_)) => Meaning::Failure(Corrupt),
        (None, _) => Meaning::Failure(Other),
    }
}

const DEADLOCK: u16 = 1213;
const CLUSTER_NOT_READY: u16 = 1047;
const READ_ONLY_OPTION: u16 = 1290;
const READ_ONLY_MODE: u16 = 1836;

/// What an error number, with its message, means before the commit.
fn told(number: u16, message: &str) -> Meaning {
    use StoreErrorKind::{Corrupt, Other, Transient};
    match number {
        // A deadlock, or another node of a cluster was first. A lock was waited for in vain. The row was changed
        // since the snapshot of a transaction of the host's.
        DEADLOCK | 1205 | 1020 => Meaning::Conflict,
        1062 => match key(message) {
            "userbook_user_username" => Meaning::UsernameTaken,
            "userbook_group_name" => Meaning::GroupNameTaken,
            _ => Meaning::Failure(Other),
        },
        1216 | 1452 => Meaning::NotThere,
        // Too many connections, of all or of one user; the server is going down, or away; the statement or the
        // connection was ended by somebody; it took longer than is allowed.
        CLUSTER_NOT_READY | 1040 | 1203 | 1226 | 1053 | 1077 | 1079 | 1317 | 1927 | 1969 | 3024 | 2006
        | 2013 => Meaning::Failure(Transient),
        // A file or an index is broken.
        1034 | 1194 | 1712 | 1877 => Meaning::Failure(Corrupt),
        _ => Meaning::Failure(Other),
    }
}

/// The key that a duplicate was found in: the last thing in quotes, whatever language the message is in. MySQL
/// puts the table before it.
fn key(message: &str) -> &str {
    let quoted = message.rsplit('\'').nth(1).unwrap_or_default();
    quoted.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
