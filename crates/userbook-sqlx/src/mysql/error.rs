//! What MariaDB's errors mean: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use sqlx::{Error, MySql, mysql::MySqlDatabaseError};
use userbook::store::{StoreError, StoreErrorKind};

use crate::error::{Classify, ErrorClass, SqlError};

/// Converts an error of a statement other than `COMMIT`, for hosts that keep tables of their own beside these.
pub fn failure(error: Error) -> StoreError {
    SqlError::<MySql>::from(error).into()
}

impl Classify for MySql {
    /// What a failure means before the commit.
    fn classify(error: &Error) -> ErrorClass {
        use StoreErrorKind::{Corrupt, Other, Transient};
        match (number(error), error) {
            (Some(number), _) => {
                classify_number(number, error.as_database_error().map_or("", |error| error.message()))
            }
            (None, Error::PoolTimedOut | Error::Io(_) | Error::WorkerCrashed) => {
                ErrorClass::Failure(Transient)
            }
            (None, Error::ColumnDecode { .. } | Error::Decode(_)) => ErrorClass::Failure(Corrupt),
            (None, _) => ErrorClass::Failure(Other),
        }
    }

    /// What a failure of the commit means. A rejected statement wrote nothing, and neither did a commit that another
    /// node of a cluster preceded; otherwise the result is unknown.
    fn classify_commit(error: &Error) -> ErrorClass {
        use StoreErrorKind::{Ambiguous, Other, Transient};
        match number(error) {
            Some(DEADLOCK) => ErrorClass::Contended,
            Some(CLUSTER_NOT_READY) => ErrorClass::Failure(Transient),
            Some(READ_ONLY_OPTION | READ_ONLY_MODE) => ErrorClass::Failure(Other),
            _ => ErrorClass::Failure(Ambiguous),
        }
    }

    fn is_user_id_taken(error: &Error) -> bool {
        number(error) == Some(DUPLICATE)
            && error.as_database_error().is_some_and(|error| key(error.message()) == "PRIMARY")
    }
}

fn number(error: &Error) -> Option<u16> {
    Some(error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?.number())
}

/// A duplicate value.
const DUPLICATE: u16 = 1062;
const DEADLOCK: u16 = 1213;
const CLUSTER_NOT_READY: u16 = 1047;
const READ_ONLY_OPTION: u16 = 1290;
const READ_ONLY_MODE: u16 = 1836;

/// What an error number, with its message, means before the commit.
fn classify_number(number: u16, message: &str) -> ErrorClass {
    use StoreErrorKind::{Corrupt, Other, Transient};
    match number {
        // A deadlock, or another node of a cluster was first. A lock timed out. The row was changed
        // since the snapshot of the host's transaction.
        DEADLOCK | 1205 | 1020 => ErrorClass::Contended,
        DUPLICATE => match key(message) {
            "userbook_user_username"
            | "userbook_user_uuid"
            | "userbook_group_name"
            | "userbook_claim_key" => ErrorClass::Conflict,
            _ => ErrorClass::Failure(Other),
        },
        // A group is missing, or still has members. The message has no constraint if the account may not see the
        // table.
        1216 | 1217 => ErrorClass::Conflict,
        1451 | 1452 if names_own_constraint(message) => ErrorClass::Conflict,
        // A row of the host refers to the row.
        1451 => ErrorClass::Referenced,
        // Too many connections or prepared statements, or no memory. A table was altered meanwhile. The server shuts
        // down or is gone. The statement or the connection was killed or timed out.
        CLUSTER_NOT_READY | 1040 | 1203 | 1226 | 1461 | 1037 | 1038 | 1041 | 1412 | 1615 | 1053 | 1077
        | 1079 | 1317 | 1927 | 1969 | 3024 | 2006 | 2013 => ErrorClass::Failure(Transient),
        // A file or an index is broken.
        1034 | 1194 | 1712 | 1877 => ErrorClass::Failure(Corrupt),
        _ => ErrorClass::Failure(Other),
    }
}

/// Whether the broken foreign key belongs to the store, not to the host.
fn names_own_constraint(message: &str) -> bool {
    ["`userbook_membership_group`", "`userbook_group_parent`"].iter().any(|name| message.contains(name))
}

/// The key of a duplicate: the last quoted text, in any language. MySQL adds the table before the key.
fn key(message: &str) -> &str {
    let quoted = message.rsplit('\'').nth(1).unwrap_or_default();
    quoted.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
