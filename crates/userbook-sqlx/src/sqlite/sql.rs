//! The statements, one file each.

macro_rules! statements {
    ($($name:ident = $file:literal;)+) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file));)+

        #[cfg(test)]
        pub(super) const FILES: &[&str] = &[$($file),+];
    };
}

statements! {
    ACK_EVENTS = "ack_events.sql";
    ANY_ROWS = "any_rows.sql";
    BEGIN = "begin.sql";
    COUNT_EPOCHS = "count_epochs.sql";
    DELETE_GROUP = "delete_group.sql";
    DELETE_USER = "delete_user.sql";
    FOREIGN_KEYS = "foreign_keys.sql";
    GET_INSTALL = "get_install.sql";
    GUARDS_HOLD = "guards_hold.sql";
    IMPORT_GROUP = "import_group.sql";
    INSERT_EVENT = "insert_event.sql";
    INSERT_USER = "insert_user.sql";
    JOIN_GROUPS = "join_groups.sql";
    LEAVE_GROUPS = "leave_groups.sql";
    LOAD = "load.sql";
    MIGRATIONS_APPLIED = "migrations_applied.sql";
    MIGRATION_DONE = "migration_done.sql";
    MIGRATION_TABLE = "migration_table.sql";
    MISSING_GROUPS = "missing_groups.sql";
    PENDING_EVENTS = "pending_events.sql";
    PRUNE_EVENTS = "prune_events.sql";
    PUT_GROUP = "put_group.sql";
    RAISE_NEXT_USER = "raise_next_user.sql";
    SET_INSTALL = "set_install.sql";
    SURVEY = "survey.sql";
    TAKE_USER_ID = "take_user_id.sql";
    UPDATE_USER = "update_user.sql";
    USER_REVISION = "user_revision.sql";
}
