//! The statements, one file each.

macro_rules! statements {
    ($($name:ident = $file:literal;)+) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file));)+

        #[cfg(test)]
        pub(super) const FILES: &[&str] = &[$($file),+];
    };
}

/// An update of columns alone, from its beginning to its end: four statements that are given at once.
pub(super) const COMMIT_FIELDS: &str = concat!(
    include_str!("sql/begin.sql"),
    ";",
    include_str!("sql/update_user.sql"),
    ";",
    include_str!("sql/insert_event_of_update.sql"),
    ";",
    "COMMIT",
);

statements! {
    ACK_EVENTS = "ack_events.sql";
    ANY_ROWS = "any_rows.sql";
    BEGIN = "begin.sql";
    BEGIN_READ = "begin_read.sql";
    BUMP_EPOCHS = "bump_epochs.sql";
    COUNT_GROUPS = "count_groups.sql";
    COUNT_USERS = "count_users.sql";
    DELETE_GROUP = "delete_group.sql";
    DELETE_USER = "delete_user.sql";
    FOREIGN_KEYS = "foreign_keys.sql";
    GET_INSTALL = "get_install.sql";
    GUARDS_HOLD = "guards_hold.sql";
    IMPORT_GROUP = "import_group.sql";
    IMPORT_MEMBERS = "import_members.sql";
    INSERT_EVENT = "insert_event.sql";
    INSERT_EVENTS = "insert_events.sql";
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
    MIGRATION_TABLE = "migration_table.sql";
    PENDING_EVENTS = "pending_events.sql";
    PRUNE_EVENTS = "prune_events.sql";
    PUT_GROUP = "put_group.sql";
    RAISE_NEXT_USER = "raise_next_user.sql";
    ROLLBACK = "rollback.sql";
    SET_INSTALL = "set_install.sql";
    TAKE_USER_ID = "take_user_id.sql";
    UPDATE_MEMBERS = "update_members.sql";
    UPDATE_USER = "update_user.sql";
    USER_EXISTS = "user_exists.sql";
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, sqlite::SqlitePoolOptions};

    use super::{
        super::{SqliteStore, connect_options},
        FILES,
    };

    #[tokio::test]
    async fn every_file_is_included_and_fits_the_schema() {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(connect_options("sqlite::memory:").unwrap())
            .await
            .unwrap();
        let store = SqliteStore::new(pool.clone());
        store.migrate().await.unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite/sql");
        let mut found = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let prepared = pool.prepare(AssertSqlSafe(text).into_sql_str()).await;
            assert!(prepared.is_ok(), "{}: {prepared:?}", file.display());
            found.insert(file.file_name().unwrap().to_str().unwrap().to_owned());
        }
        // Part of a command of several, and no statement by itself.
        let part = "insert_event_of_update.sql";
        assert_eq!(found, FILES.iter().chain([&part]).map(ToString::to_string).collect());
    }
}
