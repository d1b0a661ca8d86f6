//! The statements.

use crate::{
    statement::Statement,
    statements::{Statements, statements},
};

pub(super) static STATEMENTS: Statements = statements!("mysql", no_groups: "'[]'", common: "mysql/sql");

pub(super) static CONNECTION_FIT: Statement = Statement::new(include_str!("sql/connection_fit.sql"));
pub(super) static COUNT_ROWS: Statement = Statement::new(include_str!("sql/count_rows.sql"));
pub(super) static HOLD_EPOCHS: Statement = Statement::new(include_str!("sql/hold_epochs.sql"));
pub(super) static IMPORT_PARENTS: Statement = Statement::new(include_str!("sql/import_parents.sql"));
pub(super) static INSERT_EVENTS: Statement = Statement::new(include_str!("sql/insert_events.sql"));
pub(super) static INSERT_GROUP: Statement = Statement::new(include_str!("sql/insert_group.sql"));
pub(super) static JOIN_GROUP: Statement = Statement::new(include_str!("sql/join_group.sql"));
pub(super) static LEAVE_GROUP: Statement = Statement::new(include_str!("sql/leave_group.sql"));
pub(super) static LEAVE_GROUPS: Statement = Statement::new(include_str!("sql/leave_groups.sql"));
pub(super) static MIGRATION_LOCK: Statement = Statement::new(include_str!("sql/migration_lock.sql"));
pub(super) static MIGRATION_UNLOCK: Statement = Statement::new(include_str!("sql/migration_unlock.sql"));
pub(super) static UPDATE_GROUP: Statement = Statement::new(include_str!("sql/update_group.sql"));
pub(super) static UPDATE_MEMBERS: Statement = Statement::new(include_str!("sql/update_members.sql"));
pub(super) static UPDATE_USER: Statement = Statement::new(include_str!("sql/update_user.sql"));

/// What [`pool_options`](super::pool_options) runs on each new connection, for a host that adds settings.
pub const SESSION: &str = include_str!("sql/session.sql");

/// How the store begins a transaction, in one round trip.
pub const BEGIN: &str = include_str!("sql/begin.sql");

pub(super) const BEGIN_READ: &str = include_str!("sql/begin_read.sql");

#[cfg(test)]
mod tests {
    use crate::statements::tests::files;

    /// The workspace's tests, which have a server, check that each fits the schema.
    #[test]
    fn every_file_is_included() {
        assert!(files("mysql", include_str!("sql.rs")).len() > 20);
    }
}
