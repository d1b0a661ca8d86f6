//! The statements.

use crate::{
    statement::{Placeholders::Positional, Statement},
    statements::{Statements, statement, statements},
};

pub(super) static STATEMENTS: Statements =
    statements!("mysql", Positional, own: [prune_events, set_install, user_exists], shared: []);

pub(super) static CONNECTION_FIT: Statement = statement!("mysql/sql/connection_fit.sql", Positional);
pub(super) static COUNT_ROWS: Statement = statement!("mysql/sql/count_rows.sql", Positional);
pub(super) static HOLD_EPOCHS: Statement = statement!("mysql/sql/hold_epochs.sql", Positional);
pub(super) static IMPORT_PARENTS: Statement = statement!("mysql/sql/import_parents.sql", Positional);
pub(super) static INSERT_EVENT: Statement = statement!("sql/insert_event.sql", Positional);
pub(super) static INSERT_EVENTS: Statement = statement!("mysql/sql/insert_events.sql", Positional);
pub(super) static INSERT_GROUP: Statement = statement!("mysql/sql/insert_group.sql", Positional);
pub(super) static JOIN_GROUP: Statement = statement!("mysql/sql/join_group.sql", Positional);
pub(super) static LEAVE_GROUP: Statement = statement!("mysql/sql/leave_group.sql", Positional);
pub(super) static LEAVE_GROUPS: Statement = statement!("mysql/sql/leave_groups.sql", Positional);
pub(super) static MIGRATION_LOCK: Statement = statement!("mysql/sql/migration_lock.sql", Positional);
pub(super) static MIGRATION_UNLOCK: Statement = statement!("mysql/sql/migration_unlock.sql", Positional);
pub(super) static UPDATE_GROUP: Statement = statement!("mysql/sql/update_group.sql", Positional);
pub(super) static UPDATE_MEMBERS: Statement = statement!("mysql/sql/update_members.sql", Positional);
pub(super) static UPDATE_USER: Statement = statement!("mysql/sql/update_user.sql", Positional);

/// What [`pool_options`](super::pool_options) runs on each new connection, for a host that adds settings.
pub const SESSION: &str = include_str!("sql/session.sql");

/// How the store begins a transaction, in one round trip. A host's own transactions can begin in the same way:
/// `pool.begin_with(BEGIN)`.
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
