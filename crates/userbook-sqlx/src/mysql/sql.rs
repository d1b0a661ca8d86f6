//! The statements, one file each.

macro_rules! statements {
    ($($name:ident = $file:literal;)+) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file));)+

        #[cfg(test)]
        const FILES: &[&str] = &[
            $($file),+, "isolation.sql", "begin.sql", "isolation_read.sql", "begin_read.sql", "session.sql"
        ];
    };
}

statements! {
    ACK_EVENTS = "ack_events.sql";
    ANY_ROWS = "any_rows.sql";
    COMMIT = "commit.sql";
    CONNECTION_FIT = "connection_fit.sql";
    COUNT_GROUPS = "count_groups.sql";
    COUNT_ROWS = "count_rows.sql";
    COUNT_USERS = "count_users.sql";
    DELETE_GROUP = "delete_group.sql";
    DELETE_USER = "delete_user.sql";
    GET_INSTALL = "get_install.sql";
    HOLD_ACTOR = "hold_actor.sql";
    HOLD_EPOCHS = "hold_epochs.sql";
    IMPORT_EPOCHS = "import_epochs.sql";
    IMPORT_GROUPS = "import_groups.sql";
    IMPORT_MEMBERSHIPS = "import_memberships.sql";
    IMPORT_PARENTS = "import_parents.sql";
    IMPORT_USERS = "import_users.sql";
    INSERT_EVENT = "insert_event.sql";
    INSERT_EVENTS = "insert_events.sql";
    INSERT_GROUP = "insert_group.sql";
    INSERT_USER = "insert_user.sql";
    JOIN_GROUP = "join_group.sql";
    JOIN_GROUPS = "join_groups.sql";
    LEAVE_GROUP = "leave_group.sql";
    LEAVE_GROUPS = "leave_groups.sql";
    LIST_GROUPS = "list_groups.sql";
    LIST_USERS = "list_users.sql";
    LOAD = "load.sql";
    LOAD_DIRECTORY = "load_directory.sql";
    MIGRATIONS_APPLIED = "migrations_applied.sql";
    MIGRATION_DONE = "migration_done.sql";
    MIGRATION_LOCK = "migration_lock.sql";
    MIGRATION_TABLE = "migration_table.sql";
    MIGRATION_UNLOCK = "migration_unlock.sql";
    PENDING_EVENTS = "pending_events.sql";
    PRUNE_EVENTS = "prune_events.sql";
    ROLLBACK = "rollback.sql";
    SET_INSTALL = "set_install.sql";
    TAKE_USER_ID = "take_user_id.sql";
    UPDATE_GROUP = "update_group.sql";
    UPDATE_MEMBERS = "update_members.sql";
    UPDATE_USER = "update_user.sql";
    USER_EXISTS = "user_exists.sql";
}

/// What [`pool_options`](super::pool_options) runs on each new connection; for a host that sets more of its own.
pub const SESSION: &str = include_str!("sql/session.sql");

/// How the store begins a transaction, in one round trip; for a host's own too: `pool.begin_with(BEGIN)`.
pub const BEGIN: &str = concat!(include_str!("sql/isolation.sql"), ";\n", include_str!("sql/begin.sql"));

/// How the store begins a transaction that only reads, in one round trip.
pub(super) const BEGIN_READ: &str =
    concat!(include_str!("sql/isolation_read.sql"), ";\n", include_str!("sql/begin_read.sql"));

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::FILES;

    #[test]
    fn every_file_is_included() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mysql/sql");
        let found: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(found, FILES.iter().map(ToString::to_string).collect());
    }
}
