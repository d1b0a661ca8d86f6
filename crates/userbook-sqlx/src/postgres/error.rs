//! What PostgreSQL's failures mean: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use sqlx::{
    Error,
    postgres::{PgDatabaseError, PgSeverity},
};
use userbook::store::{CommitOutcome, StoreError, StoreErrorKind};

use crate::encode::EncodeError;

const FOREIGN_KEY: &str = "23503";
const UNIQUE: &str = "23505";

/// Why a write failed.
#[derive(Debug)]
pub(super) enum WriteError {
    Database(Error),
    Encode(EncodeError),
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<EncodeError> for WriteError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl WriteError {
    /// A conflict is an outcome, anything else a failure.
    pub(super) fn outcome(self, failure: fn(Error) -> StoreError) -> Result<CommitOutcome, StoreError> {
        match self {
            Self::Database(error) if is_conflict(&error) => Ok(CommitOutcome::Conflict),
            other => Err(other.into_failure(failure)),
        }
    }

    /// For operations that know no conflict.
    pub(super) fn into_failure(self, failure: fn(Error) -> StoreError) -> StoreError {
        match self {
            Self::Database(error) => failure(error),
            Self::Encode(error) => error.into(),
        }
    }
}

/// The SQLSTATE, and the constraint that was broken.
fn state(error: &Error) -> Option<(String, Option<&str>)> {
    let error = error.as_database_error()?;
    Some((error.code()?.into_owned(), error.constraint()))
}

/// Whether the database asks to try again: could not serialize, deadlock, lock not available.
fn is_contended(state: &str) -> bool {
    matches!(state, "40001" | "40P01" | "55P03")
}

/// Whether a write failed because of another write: a name, a UUID or a group that the decision rests on has changed,
/// or the database asks to try again.
fn is_conflict(error: &Error) -> bool {
    let Some((state, constraint)) = state(error) else { return false };
    match (state.as_str(), constraint) {
        (UNIQUE, Some(constraint)) => {
            ["userbook_user_username", "userbook_user_uuid", "userbook_group_name"].contains(&constraint)
        }
        (FOREIGN_KEY, Some(constraint)) => {
            ["userbook_membership_group", "userbook_group_parent"].contains(&constraint)
        }
        (state, _) => is_contended(state),
    }
}

/// What a failure means for the caller, if nothing was written. For hosts that keep tables of their own beside
/// these; the failure of a `COMMIT` is another matter.
pub fn failure(error: Error) -> StoreError {
    StoreError::new(kind(&error), error)
}

/// A failure of the commit itself. An answer that the statement has failed means that nothing was written, but one
/// about the whole session may have come after the commit; and without any answer the result is unknown.
pub(super) fn commit_failure(error: Error) -> StoreError {
    let is_doubtful = match (&error, state(&error)) {
        (Error::Encode(_), _) => false,
        (_, Some((state, _))) => ends_session(&error) || is_of_session(&state),
        _ => true,
    };
    let kind = if is_doubtful { StoreErrorKind::Ambiguous } else { kind(&error) };
    StoreError::new(kind, error)
}

/// Whether the server gave the whole session up.
fn ends_session(error: &Error) -> bool {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Connection lost, statement completion unknown, shutdown, system and internal errors.
fn is_of_session(state: &str) -> bool {
    state == "40003"
        || ["08", "58", "XX"].iter().any(|class| state.starts_with(class))
        || (state.starts_with("57P"))
}

fn kind(error: &Error) -> StoreErrorKind {
    let Some((state, _)) = state(error) else {
        return match error {
            Error::PoolTimedOut | Error::Io(_) => StoreErrorKind::Transient,
            Error::ColumnDecode { .. } | Error::Decode(_) => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Other,
        };
    };
    match state.as_str() {
        // Canceled by a time-out, out of memory, too many connections, the session had nothing to do for too long;
        // shut down or not yet up.
        "57014" | "53200" | "53300" | "25P03" | "57P01" | "57P02" | "57P03" | "57P05" | "40003" => {
            StoreErrorKind::Transient
        }
        "XX001" | "XX002" => StoreErrorKind::Corrupt,
        state if is_contended(state) || state.starts_with("08") => StoreErrorKind::Transient,
        _ => StoreErrorKind::Other,
    }
}

#[cfg(test)]
mod tests;
