//! The statements.

use crate::{
    statement::Statement,
    statements::{Statements, statements},
};

pub(super) static STATEMENTS: Statements = statements!("postgres", no_groups: "'{}'", common: "sql");

pub(super) static BUMP_EPOCHS_AND_INSERT_EVENT: Statement =
    Statement::new(include_str!("sql/bump_epochs_and_insert_event.sql"));
pub(super) static CHANGE_MEMBERS: Statement = Statement::new(include_str!("sql/change_members.sql"));
pub(super) static COMMIT: Statement = Statement::new(include_str!("sql/commit.sql"));
pub(super) static COMMIT_FIELDS: Statement = Statement::new(include_str!("sql/commit_fields.sql"));
pub(super) static ENCODING: Statement = Statement::new(include_str!("sql/encoding.sql"));
pub(super) static GUARDS: Statement = Statement::new(include_str!("sql/guards.sql"));
pub(super) static HOLD_USERS: Statement = Statement::new(include_str!("sql/hold_users.sql"));
pub(super) static LOCK_DIRECTORY: Statement = Statement::new(include_str!("sql/lock_directory.sql"));

pub(super) const BEGIN: &str = include_str!("sql/begin.sql");
pub(super) const BEGIN_READ: &str = include_str!("sql/begin_read.sql");
pub(super) const BEGIN_MIGRATION: &str =
    concat!(include_str!("sql/begin.sql"), ";\n", include_str!("sql/lock_migrations.sql"));
/// Ends a transaction if one is open, and fails if it has failed. `ROLLBACK` alone would be a warning in the log if
/// none is open.
pub(super) const END_ANY_TRANSACTION: &str = "BEGIN; ROLLBACK";

#[cfg(test)]
mod tests {
    use super::{COMMIT, COMMIT_FIELDS, Statement};
    use crate::statements::tests::files;

    /// The workspace's tests, which have a server, check that each fits the schema.
    #[test]
    fn every_file_is_included() {
        assert!(files("postgres", include_str!("sql.rs")).len() > 20);
    }

    /// Otherwise some updates would not write a changed column.
    #[test]
    fn both_commits_write_the_same_columns() {
        let columns = |statement: &Statement| {
            let (_, after) = statement.source().split_once("UPDATE userbook_user\n    SET\n").unwrap();
            after.split_once("    WHERE").unwrap().0
        };
        assert_eq!(columns(&COMMIT), columns(&COMMIT_FIELDS));
        assert!(columns(&COMMIT).contains("revision = :revision"));
    }
}
