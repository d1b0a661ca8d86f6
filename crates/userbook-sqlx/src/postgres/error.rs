//! What PostgreSQL's errors mean: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use sqlx::{
    Error, Postgres,
    postgres::{PgDatabaseError, PgSeverity},
};
use userbook::store::{StoreError, StoreErrorKind};

use crate::error::{Classify, ErrorClass, SqlError};

const FOREIGN_KEY: &str = "23503";
const RESTRICT: &str = "23001";
const UNIQUE: &str = "23505";

/// The SQLSTATE and the broken constraint.
fn state(error: &Error) -> Option<(String, Option<&str>)> {
    let error = error.as_database_error()?;
    Some((error.code()?.into_owned(), error.constraint()))
}

/// The table whose constraint is broken.
fn table(error: &Error) -> Option<&str> {
    error.as_database_error()?.table()
}

/// Whether a retry may help: could not serialize, deadlock, lock not available.
fn is_contended(state: &str) -> bool {
    matches!(state, "40001" | "40P01" | "55P03")
}

/// Whether a name, a UUID or a group that the decision depends on has changed.
fn is_conflict(state: &str, constraint: Option<&str>) -> bool {
    match (state, constraint) {
        (UNIQUE, Some(constraint)) => {
            ["userbook_user_username", "userbook_user_uuid", "userbook_group_name", "userbook_claim_key"]
                .contains(&constraint)
        }
        (FOREIGN_KEY, Some(constraint)) => {
            ["userbook_membership_group", "userbook_group_parent"].contains(&constraint)
        }
        _ => false,
    }
}

/// Whether a row of another table than these refers to the row. Also 23001, of `ON DELETE RESTRICT` since version 18.
fn is_referenced(state: &str, table: Option<&str>) -> bool {
    matches!(state, FOREIGN_KEY | RESTRICT) && table.is_some_and(|table| !table.starts_with("userbook_"))
}

/// Converts an error of a statement other than `COMMIT`, for hosts that keep tables of their own beside these.
pub fn failure(error: Error) -> StoreError {
    SqlError::<Postgres>::from(error).into()
}

impl Classify for Postgres {
    /// What a failure means before the commit.
    fn classify(error: &Error) -> ErrorClass {
        match state(error) {
            Some((state, constraint)) if is_conflict(&state, constraint) => ErrorClass::Conflict,
            Some((state, _)) if is_referenced(&state, table(error)) => ErrorClass::Referenced,
            Some((state, _)) if is_contended(&state) => ErrorClass::Contended,
            _ => ErrorClass::Failure(kind(error)),
        }
    }

    /// What a failure of the commit means. A failed statement wrote nothing, but a failed session may have ended after
    /// the commit. Without an answer the result is unknown.
    fn classify_commit(error: &Error) -> ErrorClass {
        let is_doubtful = match (error, state(error)) {
            (Error::Encode(_), _) => false,
            (_, Some((state, _))) => ends_session(error) || is_of_session(&state),
            _ => true,
        };
        match Self::classify(error) {
            ErrorClass::Failure(_) if is_doubtful => ErrorClass::Failure(StoreErrorKind::Ambiguous),
            class => class,
        }
    }

    fn is_user_id_taken(error: &Error) -> bool {
        state(error)
            .is_some_and(|(state, constraint)| state == UNIQUE && constraint == Some("userbook_user_pkey"))
    }
}

/// Whether the server ended the session.
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
        // Statement timeout, out of memory, too many connections, idle timeout, shutdown, start-up.
        "57014" | "53200" | "53300" | "25P03" | "57P01" | "57P02" | "57P03" | "57P05" | "40003" => {
            StoreErrorKind::Transient
        }
        "XX001" | "XX002" => StoreErrorKind::Corrupt,
        state if state.starts_with("08") => StoreErrorKind::Transient,
        _ => StoreErrorKind::Other,
    }
}

#[cfg(test)]
mod tests;
