//! The statements that all databases have.

use crate::statement::Statement;

/// Statements that run in the same way everywhere, each from a file of its name.
#[derive(Debug)]
pub struct Statements {
    pub(crate) ack_events: Statement,
    pub(crate) any_rows: Statement,
    pub(crate) count_groups: Statement,
    pub(crate) count_users: Statement,
    pub(crate) delete_group: Statement,
    pub(crate) delete_group_external_ids: Statement,
    pub(crate) delete_user: Statement,
    pub(crate) delete_user_external_ids: Statement,
    pub(crate) detach_children: Statement,
    pub(crate) get_install: Statement,
    pub(crate) group_has_members: Statement,
    pub(crate) import_claims: Statement,
    pub(crate) import_epochs: Statement,
    pub(crate) import_group_external_ids: Statement,
    pub(crate) import_groups: Statement,
    pub(crate) import_memberships: Statement,
    pub(crate) import_user_external_ids: Statement,
    pub(crate) import_users: Statement,
    pub(crate) insert_group_external_id: Statement,
    pub(crate) insert_user: Statement,
    pub(crate) insert_user_external_id: Statement,
    pub(crate) join_groups: Statement,
    pub(crate) list_groups: Statement,
    pub(crate) list_users: Statement,
    pub(crate) load: Statement,
    pub(crate) load_directory: Statement,
    /// [`load`](Self::load) for a query of the target by id and the actor alone, as in most updates. Planning or
    /// setting up the other parts costs more than these rows.
    pub(crate) load_plain: Statement,
    pub(crate) migration_done: Statement,
    pub(crate) migration_table: Statement,
    pub(crate) migrations_applied: Statement,
    pub(crate) pending_events: Statement,
    pub(crate) prune_events: Statement,
    pub(crate) record_login: Statement,
    pub(crate) session_epoch: Statement,
    pub(crate) set_install: Statement,
    pub(crate) take_claims: Statement,
    pub(crate) take_user_id: Statement,
    pub(crate) taken_user_id: Statement,
    pub(crate) user_exists: Statement,
}

/// One statement: `statement!("sqlite/sql/load.sql", Placeholders::Numbered)`.
macro_rules! statement {
    ($file:expr, $placeholders:expr) => {
        $crate::statement::Statement::new(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $file)),
            $placeholders,
        )
    };
}
pub(crate) use statement;

/// The [`Statements`] of a database. `own` and `shared` name the statements whose folder differs between databases;
/// `no_groups` is the literal of an empty list.
macro_rules! statements {
    ($folder:literal, $placeholders:expr, no_groups: $no_groups:literal, own: [$($own:ident),*], shared: [$($shared:ident),*]) => {
        $crate::statements::statements!(
            @all $folder, $placeholders, $no_groups,
            [
                ack_events, import_claims, import_groups, import_memberships, import_users, join_groups, list_groups, list_users,
                load, load_directory, migration_table, pending_events,
                import_user_external_ids, import_group_external_ids $(, $own)*
            ],
            [
                any_rows, count_groups, count_users, delete_group, delete_user, detach_children, get_install, group_has_members,
                import_epochs, insert_user, migration_done, migrations_applied, record_login, session_epoch,
                take_claims, take_user_id, taken_user_id,
                delete_group_external_ids, delete_user_external_ids, insert_group_external_id,
                insert_user_external_id $(, $shared)*
            ]
        )
    };
    (@all $folder:literal, $placeholders:expr, $no_groups:literal, [$($own:ident),+], [$($shared:ident),+]) => {
        $crate::statements::Statements {
            load_plain: $crate::statement::Statement::with_constants(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $folder, "/sql/load.sql")),
                $placeholders,
                &[
                    ("target_uuid", "NULL"), ("groups", $no_groups), ("username", "NULL"), ("login_digest", "NULL"),
                    ("email_digest", "NULL"), ("other_superusers", "false"), ("change", "NULL"),
                ],
            ),
            $($own: $crate::statements::statement!(
                concat!($folder, "/sql/", stringify!($own), ".sql"),
                $placeholders
            ),)+
            $($shared: $crate::statements::statement!(
                concat!("sql/", stringify!($shared), ".sql"),
                $placeholders
            ),)+
        }
    };
}
pub(crate) use statements;

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
