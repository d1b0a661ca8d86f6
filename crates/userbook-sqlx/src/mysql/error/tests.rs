//! Messages as MariaDB 10.11 has given them.

use super::*;
use ErrorClass::{Conflict, Contended, Failure, Referenced};
use StoreErrorKind::{Ambiguous, Corrupt, Other, Transient};

const MESSAGES: &[(u16, &str, ErrorClass)] = &[
    (1213, "Deadlock found when trying to get lock; try restarting transaction", Contended),
    (1205, "Lock wait timeout exceeded; try restarting transaction", Contended),
    (1020, "Record has changed since last read in table 'userbook_user'", Contended),
    (1062, "Duplicate entry 'bob' for key 'userbook_user_username'", Conflict),
    // MySQL.
    (1062, "Duplicate entry 'bob' for key 'userbook_user.userbook_user_username'", Conflict),
    (1062, "Duplicate entry 'x' for key 'PRIMARY'' for key 'userbook_user_username'", Conflict),
    (1062, "Doppelter Eintrag 'bob' für Schlüssel 'userbook_user_username'", Conflict),
    (1062, "Duplicate entry '\\xE3\\xB0' for key 'userbook_group_name'", Conflict),
    (1062, "Duplicate entry '\\x00' for key 'userbook_event_id'", Failure(Other)),
    (1062, "Duplicate entry '7' for key 'PRIMARY'", Failure(Other)),
    (1062, "Duplicate entry 'userbook_user_username' for key 'of_the_host'", Failure(Other)),
    (1062, "", Failure(Other)),
    (
        1452,
        "Cannot add or update a child row: a foreign key constraint fails (`users`.`userbook_membership`, \
         CONSTRAINT `userbook_membership_group` FOREIGN KEY (`group_id`) REFERENCES `userbook_group` (`id`) \
         ON DELETE CASCADE)",
        Conflict,
    ),
    (
        1451,
        "Cannot delete or update a parent row: a foreign key constraint fails (`users`.`userbook_membership`, \
         CONSTRAINT `userbook_membership_group` FOREIGN KEY (`group_id`) REFERENCES `userbook_group` (`id`))",
        Conflict,
    ),
    (
        1451,
        "Cannot delete or update a parent row: a foreign key constraint fails (`users`.`of_the_host`, \
         CONSTRAINT `of_the_host_user` FOREIGN KEY (`user`) REFERENCES `userbook_user` (`id`))",
        Referenced,
    ),
    (1062, "Duplicate entry '\\x00' for key 'userbook_user_uuid'", Conflict),
    (1047, "WSREP has not yet prepared node for application use", Failure(Transient)),
    (1040, "Too many connections", Failure(Transient)),
    (1203, "User root already has more than 'max_user_connections' active connections", Failure(Transient)),
    (1461, "Can't create more than max_prepared_stmt_count statements", Failure(Transient)),
    (1615, "Prepared statement needs to be re-prepared", Failure(Transient)),
    (1041, "Out of memory.", Failure(Transient)),
    (1053, "Server shutdown in progress", Failure(Transient)),
    (1317, "Query execution was interrupted", Failure(Transient)),
    (1927, "Connection was killed", Failure(Transient)),
    (1969, "Query execution was interrupted (max_statement_time exceeded)", Failure(Transient)),
    (2006, "MySQL server has gone away", Failure(Transient)),
    (2013, "Lost connection to MySQL server during query", Failure(Transient)),
    (
        1290,
        "The MariaDB server is running with the --read-only option so it cannot execute this statement",
        Failure(Other),
    ),
    (1836, "Running in read-only mode", Failure(Other)),
    (1021, "Disk full (/tmp/#sql); waiting for someone to free some space...", Failure(Other)),
    (1114, "The table 'userbook_event' is full", Failure(Other)),
    (1034, "Index for table 'userbook_user' is corrupt; try to repair it", Failure(Corrupt)),
    (1146, "Table 'users.userbook_user' doesn't exist", Failure(Other)),
    (1406, "Data too long for column 'username' at row 1", Failure(Other)),
    (1366, "Incorrect string value: '\\xF0\\x9F\\x98\\x80' for column `name` at row 1", Failure(Other)),
    (1045, "Access denied for user 'userbook'@'localhost' (using password: YES)", Failure(Other)),
];

#[test]
fn recorded_messages() {
    for (number, message, expected) in MESSAGES {
        assert_eq!(classify_number(*number, message), *expected, "{number}: {message}");
    }
}

#[test]
fn failures_of_the_connection() {
    let broken = || Error::Io(std::io::ErrorKind::UnexpectedEof.into());
    assert_eq!(failure(broken()).kind, Transient);
    assert_eq!(failure(Error::PoolTimedOut).kind, Transient);
    assert_eq!(failure(Error::PoolClosed).kind, Other);
    assert_eq!(failure(Error::Decode("no".into())).kind, Corrupt);
    for error in [broken(), Error::WorkerCrashed, Error::Protocol("odd".to_owned())] {
        assert_eq!(MySql::classify_commit(&error), Failure(Ambiguous));
    }
}
