//! The statements, one file each.

macro_rules! statements {
    ($($name:ident = $file:literal;)+) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file));)+

        #[cfg(test)]
        const FILES: &[&str] = &[$($file),+, "begin_read.sql", "plan_for_values.sql"];
    };
}

statements! {
    ACK_EVENTS = "ack_events.sql";
    ANY_ROWS = "any_rows.sql";
    BEGIN = "begin.sql";
    BUMP_EPOCHS_AND_INSERT_EVENT = "bump_epochs_and_insert_event.sql";
    CHANGE_MEMBERS = "change_members.sql";
    COMMIT = "commit.sql";
    COMMIT_FIELDS = "commit_fields.sql";
    COUNT_GROUPS = "count_groups.sql";
    COUNT_USERS = "count_users.sql";
    DELETE_GROUP = "delete_group.sql";
    DELETE_USER = "delete_user.sql";
    ENCODING = "encoding.sql";
    GET_INSTALL = "get_install.sql";
    GUARDS = "guards.sql";
    HOLD_USERS = "hold_users.sql";
    IMPORT_GROUPS = "import_groups.sql";
    IMPORT_MEMBERSHIPS = "import_memberships.sql";
    INSERT_USERS = "insert_users.sql";
    JOIN_GROUPS = "join_groups.sql";
    LIST_GROUPS = "list_groups.sql";
    LIST_USERS = "list_users.sql";
    LOAD = "load.sql";
    LOAD_DIRECTORY = "load_directory.sql";
    LOCK_DIRECTORY = "lock_directory.sql";
    LOCK_MIGRATIONS = "lock_migrations.sql";
    MIGRATION_DONE = "migration_done.sql";
    MIGRATION_TABLE = "migration_table.sql";
    MIGRATIONS_APPLIED = "migrations_applied.sql";
    PENDING_EVENTS = "pending_events.sql";
    PRUNE_EVENTS = "prune_events.sql";
    PUT_GROUP = "put_group.sql";
    RAISE_NEXT_USER = "raise_next_user.sql";
    SESSION = "session.sql";
    SET_INSTALL = "set_install.sql";
    TAKE_USER_ID = "take_user_id.sql";
    USER_REVISION = "user_revision.sql";
}

/// How a list begins, in one round trip.
pub(super) const BEGIN_READ: &str =
    concat!(include_str!("sql/begin_read.sql"), ";\n", include_str!("sql/plan_for_values.sql"));

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::{COMMIT, COMMIT_FIELDS, FILES};

    /// The workspace's tests, which have a server, check that each fits the schema.
    #[test]
    fn every_file_is_included() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/postgres/sql");
        let found: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(found, FILES.iter().map(ToString::to_string).collect());
    }

    /// A column that one of the statements forgot would be lost by some updates and kept by others.
    #[test]
    fn both_commits_write_the_same_columns() {
        let columns = |statement: &'static str| {
            let (_, behind) = statement.split_once("UPDATE userbook_user\n    SET\n").unwrap();
            behind.split_once("    WHERE").unwrap().0
        };
        assert_eq!(columns(COMMIT), columns(COMMIT_FIELDS));
        assert!(columns(COMMIT).contains("revision = $3"));
    }
}
