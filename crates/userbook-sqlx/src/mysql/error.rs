//! What the database's failures mean: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use sqlx::{Error, mysql::MySqlDatabaseError};
use userbook::store::{CommitOutcome, StoreError, StoreErrorKind};

/// What a statement's failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorClass {
    /// A name, a UUID or a group that the decision rests on has changed. Only the statement is undone.
    Conflict,
    /// Another transaction came first. The whole transaction may be undone.
    Contended,
    /// The storage failed.
    Failure(StoreErrorKind),
}

/// Why a transaction cannot go on.
#[derive(Debug)]
pub(super) enum WriteError {
    /// A name, a UUID or a group that the decision rests on has changed. The transaction is still open.
    Conflict(Error),
    /// Another transaction came first. This one may be undone as a whole.
    Contended(Error),
    /// The storage failed.
    Failed(StoreError),
}

impl WriteError {
    /// In a transaction of the store's own: a conflict is an outcome, whatever is left of the transaction.
    pub(super) fn outcome(self) -> Result<CommitOutcome, StoreError> {
        match self {
            Self::Conflict(_) | Self::Contended(_) => Ok(CommitOutcome::Conflict),
            Self::Failed(error) => Err(error),
        }
    }

    /// For operations that know no conflict: nothing was written, and trying again may help.
    pub(super) fn into_failure(self) -> StoreError {
        match self {
            Self::Conflict(error) => StoreError::new(StoreErrorKind::Other, error),
            Self::Contended(error) => StoreError::new(StoreErrorKind::Transient, error),
            Self::Failed(error) => error,
        }
    }
}

impl<E: Into<StoreError>> From<E> for WriteError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a failure means for the caller, if nothing was written. For hosts that keep tables of their own beside
/// these; the failure of a `COMMIT` is another matter.
pub fn failure(error: Error) -> StoreError {
    let kind = match class(&error) {
        ErrorClass::Conflict => StoreErrorKind::Other,
        ErrorClass::Contended => StoreErrorKind::Transient,
        ErrorClass::Failure(kind) => kind,
    };
    StoreError::new(kind, error)
}

/// A failure inside a transaction.
pub(super) fn write_error(error: Error) -> WriteError {
    match class(&error) {
        ErrorClass::Conflict => WriteError::Conflict(error),
        ErrorClass::Contended => WriteError::Contended(error),
        ErrorClass::Failure(kind) => WriteError::Failed(StoreError::new(kind, error)),
    }
}

/// A failure of the commit itself. The database says that it did not happen if it refused the statement or if, in
/// a cluster, another node was first; otherwise the result is unknown.
pub(super) fn commit_failure(error: Error) -> WriteError {
    use StoreErrorKind::{Ambiguous, Other, Transient};
    let kind = match number(&error) {
        Some(DEADLOCK) => return WriteError::Contended(error),
        Some(CLUSTER_NOT_READY) => Transient,
        Some(READ_ONLY_OPTION | READ_ONLY_MODE) => Other,
        _ => Ambiguous,
    };
    WriteError::Failed(StoreError::new(kind, error))
}

fn number(error: &Error) -> Option<u16> {
    Some(error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?.number())
}

fn class(error: &Error) -> ErrorClass {
    use StoreErrorKind::{Corrupt, Other, Transient};
    match (number(error), error) {
        (Some(number), _) => classify(number, error.as_database_error().map_or("", |error| error.message())),
        (None, Error::PoolTimedOut | Error::Io(_) | Error::WorkerCrashed) => ErrorClass::Failure(Transient),
        (None, Error::ColumnDecode { .. } | Error::Decode(_)) => ErrorClass::Failure(Corrupt),
        (None, _) => ErrorClass::Failure(Other),
    }
}

const DEADLOCK: u16 = 1213;
const CLUSTER_NOT_READY: u16 = 1047;
const READ_ONLY_OPTION: u16 = 1290;
const READ_ONLY_MODE: u16 = 1836;

/// What an error number, with its message, means before the commit.
fn classify(number: u16, message: &str) -> ErrorClass {
    use StoreErrorKind::{Corrupt, Other, Transient};
    match number {
        // A deadlock, or another node of a cluster was first. A lock was waited for in vain. The row was changed
        // since the snapshot of a transaction of the host's.
        DEADLOCK | 1205 | 1020 => ErrorClass::Contended,
        // A duplicate value.
        1062 => match key(message) {
            "userbook_user_username" | "userbook_user_uuid" | "userbook_group_name" => ErrorClass::Conflict,
            _ => ErrorClass::Failure(Other),
        },
        // A missing group, or one that still has members; without the name of the constraint if the account may not
        // see the table.
        1216 | 1217 => ErrorClass::Conflict,
        1451 | 1452 if names_own_constraint(message) => ErrorClass::Conflict,
        // Too many connections, of all or of one user; the server is going down, or away; the statement or the
        // connection was ended from outside; it took longer than is allowed.
        CLUSTER_NOT_READY | 1040 | 1203 | 1226 | 1053 | 1077 | 1079 | 1317 | 1927 | 1969 | 3024 | 2006
        | 2013 => ErrorClass::Failure(Transient),
        // A file or an index is broken.
        1034 | 1194 | 1712 | 1877 => ErrorClass::Failure(Corrupt),
        _ => ErrorClass::Failure(Other),
    }
}

/// Whether a foreign key between the store's own tables is broken, not one of the host's.
fn names_own_constraint(message: &str) -> bool {
    ["`userbook_membership_group`", "`userbook_group_parent`"].iter().any(|name| message.contains(name))
}

/// The key that a duplicate was found in: the last thing in quotes, whatever language the message is in. MySQL
/// puts the table before it.
fn key(message: &str) -> &str {
    let quoted = message.rsplit('\'').nth(1).unwrap_or_default();
    quoted.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
