//! The statements that all databases have.

use crate::statement::Statement;

pub(crate) static ANY_ROWS: Statement = Statement::new(include_str!("sql/any_rows.sql"));
pub(crate) static COUNT_GROUPS: Statement = Statement::new(include_str!("sql/count_groups.sql"));
pub(crate) static COUNT_USERS: Statement = Statement::new(include_str!("sql/count_users.sql"));
pub(crate) static DELETE_GROUP: Statement = Statement::new(include_str!("sql/delete_group.sql"));
pub(crate) static DELETE_GROUP_EXTERNAL_IDS: Statement =
    Statement::new(include_str!("sql/delete_group_external_ids.sql"));
pub(crate) static DELETE_USER: Statement = Statement::new(include_str!("sql/delete_user.sql"));
pub(crate) static DELETE_USER_EXTERNAL_IDS: Statement =
    Statement::new(include_str!("sql/delete_user_external_ids.sql"));
pub(crate) static DETACH_CHILDREN: Statement = Statement::new(include_str!("sql/detach_children.sql"));
pub(crate) static GET_INSTALL: Statement = Statement::new(include_str!("sql/get_install.sql"));
pub(crate) static GROUP_HAS_MEMBERS: Statement = Statement::new(include_str!("sql/group_has_members.sql"));
pub(crate) static IMPORT_EPOCHS: Statement = Statement::new(include_str!("sql/import_epochs.sql"));
pub(crate) static INSERT_EVENT: Statement = Statement::new(include_str!("sql/insert_event.sql"));
pub(crate) static INSERT_GROUP_EXTERNAL_ID: Statement =
    Statement::new(include_str!("sql/insert_group_external_id.sql"));
pub(crate) static INSERT_USER: Statement = Statement::new(include_str!("sql/insert_user.sql"));
pub(crate) static INSERT_USER_EXTERNAL_ID: Statement =
    Statement::new(include_str!("sql/insert_user_external_id.sql"));
pub(crate) static MIGRATION_DONE: Statement = Statement::new(include_str!("sql/migration_done.sql"));
pub(crate) static MIGRATIONS_APPLIED: Statement = Statement::new(include_str!("sql/migrations_applied.sql"));
pub(crate) static PUT_GROUP: Statement = Statement::new(include_str!("sql/put_group.sql"));
pub(crate) static RECORD_LOGIN: Statement = Statement::new(include_str!("sql/record_login.sql"));
pub(crate) static SESSION_EPOCH: Statement = Statement::new(include_str!("sql/session_epoch.sql"));
pub(crate) static TAKE_CLAIMS: Statement = Statement::new(include_str!("sql/take_claims.sql"));
pub(crate) static TAKE_USER_ID: Statement = Statement::new(include_str!("sql/take_user_id.sql"));
pub(crate) static TAKEN_USER_ID: Statement = Statement::new(include_str!("sql/taken_user_id.sql"));

/// Statements that each database writes in its own way, each from a file of its name.
#[derive(Debug)]
pub struct Statements {
    pub(crate) ack_events: Statement,
    pub(crate) import_claims: Statement,
    pub(crate) import_group_external_ids: Statement,
    pub(crate) import_groups: Statement,
    pub(crate) import_memberships: Statement,
    pub(crate) import_user_external_ids: Statement,
    pub(crate) import_users: Statement,
    pub(crate) join_groups: Statement,
    pub(crate) list_groups: Statement,
    pub(crate) list_users: Statement,
    pub(crate) load: Statement,
    pub(crate) load_directory: Statement,
    /// [`load`](Self::load) for a query of the target by id and the actor alone, as in most updates. Planning or
    /// setting up the other parts costs more than these rows.
    pub(crate) load_plain: Statement,
    pub(crate) migration_table: Statement,
    pub(crate) pending_events: Statement,
    pub(crate) prune_events: Statement,
    pub(crate) set_install: Statement,
    pub(crate) user_exists: Statement,
}

/// The [`Statements`] of a database. `no_groups` is the literal of an empty list, `common` the folder of the statements
/// that only some databases write in their own way.
macro_rules! statements {
    ($folder:literal, no_groups: $no_groups:literal, common: $common:literal) => {
        $crate::statements::statements!(
            @all $folder, $no_groups, $common,
            [
                ack_events, import_claims, import_group_external_ids, import_groups, import_memberships,
                import_user_external_ids, import_users, join_groups, list_groups, list_users, load, load_directory,
                migration_table, pending_events
            ],
            [prune_events, set_install, user_exists]
        )
    };
    (@all $folder:literal, $no_groups:literal, $common:literal, [$($own:ident),+], [$($shared:ident),+]) => {
        $crate::statements::Statements {
            load_plain: $crate::statement::Statement::with_constants(
                $crate::statements::text!($folder, "/sql/load.sql"),
                &[
                    ("target_uuid", "NULL"), ("groups", $no_groups), ("username", "NULL"), ("login_digest", "NULL"),
                    ("email_digest", "NULL"), ("other_superusers", "false"), ("change", "NULL"),
                ],
            ),
            $($own: $crate::statement::Statement::new(
                $crate::statements::text!($folder, "/sql/", stringify!($own), ".sql")
            ),)+
            $($shared: $crate::statement::Statement::new(
                $crate::statements::text!($common, "/", stringify!($shared), ".sql")
            ),)+
        }
    };
}
pub(crate) use statements;

/// The text of a file in the folder of the sources.
macro_rules! text {
    ($($part:expr),+) => { include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/" $(, $part)+)) };
}
pub(crate) use text;

#[cfg(test)]
pub(crate) mod tests {
    use std::{fs, path::Path};

    /// The files in the folder of a database and in the shared folder. The source of this module or the database's
    /// `sql.rs` must name each file of the database.
    pub(crate) fn files(folder: &str, source: &str) -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        for folder in [root.join(folder).join("sql"), root.join("sql")] {
            for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
                let is_own = !file.starts_with(root.join("sql"));
                let named = [include_str!("statements.rs"), source].concat();
                let is_named =
                    [format!("/{name}.sql\""), format!(" {name},"), format!("{name}:"), format!("[{name},")]
                        .iter()
                        .any(|text| named.contains(text));
                assert!(is_named || !is_own, "{} is not included", file.display());
                found.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
            }
        }
        found
    }
}
