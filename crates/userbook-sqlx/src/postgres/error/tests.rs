//! What PostgreSQL 15 answered, as recorded, and what it means.

use std::{borrow::Cow, io};

use sqlx::error::{DatabaseError, ErrorKind};

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Recorded {
    state: &'static str,
    message: &'static str,
    constraint: Option<&'static str>,
    table: Option<&'static str>,
}

impl DatabaseError for Recorded {
    fn message(&self) -> &str {
        self.message
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.state.into())
    }
    fn constraint(&self) -> Option<&str> {
        self.constraint
    }
    fn table(&self) -> Option<&str> {
        self.table
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

fn recorded(state: &'static str, message: &'static str, constraint: Option<&'static str>) -> Error {
    Error::Database(Box::new(Recorded { state, message, constraint, table: None }))
}

fn commit_failure(error: Error) -> StoreError {
    SqlError::<Postgres>::at_commit(error).into()
}

#[test]
fn competing_writes_are_conflicts() {
    let username = "duplicate key value violates unique constraint \"userbook_user_username\"";
    let event = "duplicate key value violates unique constraint \"userbook_event_id\"";
    let foreign = "insert or update on table \"userbook_membership\" violates foreign key constraint \
                   \"userbook_membership_group\"";
    let referenced = "update or delete on table \"userbook_group\" violates foreign key constraint \
                      \"userbook_membership_group\" on table \"userbook_membership\"";
    for (state, message, constraint, expected) in [
        ("40001", "could not serialize access due to concurrent update", None, true),
        ("40P01", "deadlock detected", None, true),
        ("55P03", "canceling statement due to lock timeout", None, true),
        ("23505", username, Some("userbook_user_username"), true),
        ("23505", "duplicate key value", Some("userbook_user_uuid"), true),
        ("23505", "duplicate key value", Some("userbook_group_name"), true),
        ("23505", event, Some("userbook_event_id"), false),
        ("23503", foreign, Some("userbook_membership_group"), true),
        ("23503", referenced, Some("userbook_membership_group"), true),
        ("57014", "canceling statement due to statement timeout", None, false),
        ("25006", "cannot execute UPDATE in a read-only transaction", None, false),
    ] {
        let is_conflict =
            !matches!(Postgres::classify(&recorded(state, message, constraint)), ErrorClass::Failure(_));
        assert_eq!(is_conflict, expected, "{message}");
    }
}

#[test]
fn kinds_before_and_at_the_commit() {
    use StoreErrorKind::{Ambiguous, Corrupt, Other, Transient};
    for (state, message, before, at) in [
        ("08006", "connection failure", Transient, Ambiguous),
        ("08P01", "protocol synchronization was lost", Transient, Ambiguous),
        ("22021", "invalid byte sequence for encoding \"UTF8\": 0x00", Other, Other),
        ("25006", "cannot execute UPDATE in a read-only transaction", Other, Other),
        ("25P02", "current transaction is aborted, commands ignored", Other, Other),
        ("28P01", "password authentication failed for user \"userbook\"", Other, Other),
        ("40003", "statement completion unknown", Transient, Ambiguous),
        ("42501", "permission denied for table userbook_user", Other, Other),
        ("42P01", "relation \"userbook_user\" does not exist", Other, Other),
        ("53100", "could not extend file \"base/5/16400\": No space left on device", Other, Other),
        ("53200", "out of memory", Transient, Transient),
        ("53300", "sorry, too many clients already", Transient, Transient),
        ("57014", "canceling statement due to statement timeout", Transient, Transient),
        ("57P01", "terminating connection due to administrator command", Transient, Ambiguous),
        ("57P02", "terminating connection because of crash of another server process", Transient, Ambiguous),
        ("57P03", "the database system is starting up", Transient, Ambiguous),
        ("57P05", "terminating connection due to idle-session timeout", Transient, Ambiguous),
        ("58030", "could not fsync file", Other, Ambiguous),
        ("XX000", "cache lookup failed for relation 16400", Other, Ambiguous),
        ("XX001", "invalid page in block 0 of relation base/5/16400", Corrupt, Ambiguous),
        ("23505", "duplicate key value violates unique constraint \"userbook_event_id\"", Other, Other),
    ] {
        assert_eq!(failure(recorded(state, message, None)).kind, before, "{message}");
        assert_eq!(commit_failure(recorded(state, message, None)).kind, at, "{message}");
    }
    let lost = || {
        let eof = io::ErrorKind::UnexpectedEof;
        Error::Io(io::Error::new(eof, "expected to read 5 bytes, got 0 bytes at EOF"))
    };
    assert_eq!((failure(lost()).kind, commit_failure(lost()).kind), (Transient, Ambiguous));
    let column = || Error::ColumnDecode { index: "applied".to_owned(), source: "odd".into() };
    assert_eq!((failure(column()).kind, commit_failure(column()).kind), (Corrupt, Ambiguous));
    assert_eq!(failure(Error::PoolTimedOut).kind, Transient);
    assert_eq!(failure(Error::PoolClosed).kind, Other);
    assert_eq!(commit_failure(Error::Encode("too large".into())).kind, Other);
    assert_eq!(commit_failure(Error::Protocol("odd".to_owned())).kind, Ambiguous);
}

#[test]
fn rows_of_the_host_differ_from_own_ones() {
    let class = |state, constraint, table| {
        let message = "violates foreign key constraint";
        Postgres::classify(&Error::Database(Box::new(Recorded {
            state,
            message,
            constraint: Some(constraint),
            table: Some(table),
        })))
    };
    assert_eq!(class("23503", "accounts_user", "accounts"), ErrorClass::Referenced);
    assert_eq!(class("23001", "accounts_user", "accounts"), ErrorClass::Referenced);
    assert_eq!(class("23503", "userbook_membership_group", "userbook_membership"), ErrorClass::Conflict);
    assert_eq!(class("23503", "of_the_host", "userbook_user"), ErrorClass::Failure(StoreErrorKind::Other));
}
