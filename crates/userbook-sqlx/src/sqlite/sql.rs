//! The statements.

use crate::{
    statement::Statement,
    statements::{Statements, statements},
};

pub(super) static STATEMENTS: Statements = statements!("sqlite", no_groups: "'[]'", common: "sql");

pub(super) static BUMP_EPOCHS: Statement = Statement::new(include_str!("sql/bump_epochs.sql"));
pub(super) static CONNECTION_FIT: Statement = Statement::new(include_str!("sql/connection_fit.sql"));
pub(super) static GUARDS_HOLD: Statement = Statement::new(include_str!("sql/guards_hold.sql"));
pub(super) static INSERT_EVENTS: Statement = Statement::new(include_str!("sql/insert_events.sql"));
pub(super) static JOIN_GROUP: Statement = Statement::new(include_str!("sql/join_group.sql"));
pub(super) static LEAVE_GROUP: Statement = Statement::new(include_str!("sql/leave_group.sql"));
pub(super) static LEAVE_GROUPS: Statement = Statement::new(include_str!("sql/leave_groups.sql"));
pub(super) static UPDATE_MEMBERS: Statement = Statement::new(include_str!("sql/update_members.sql"));
pub(super) static UPDATE_USER: Statement = Statement::new(include_str!("sql/update_user.sql"));

pub(super) const BEGIN: &str = include_str!("sql/begin.sql");
pub(super) const BEGIN_READ: &str = include_str!("sql/begin_read.sql");
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// An update of columns in the transaction of a group.
pub(super) static WRITE_COLUMNS: Statement = Statement::new(concat!(
    include_str!("sql/update_user.sql"),
    ";\n",
    include_str!("sql/insert_event_of_update.sql")
));

/// A whole update of columns: four statements in one command.
pub(super) static COMMIT_COLUMNS: Statement = Statement::new(concat!(
    include_str!("sql/begin.sql"),
    ";\n",
    include_str!("sql/update_user.sql"),
    ";\n",
    include_str!("sql/insert_event_of_update.sql"),
    ";\nCOMMIT",
));

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, sqlite::SqlitePoolOptions};

    use crate::{
        sqlite::{SqliteStore, connect_options},
        statement::{Placeholders, resolve},
        statements::tests::files,
    };

    #[tokio::test]
    async fn every_file_is_included_and_fits_the_schema() {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(connect_options("sqlite::memory:").unwrap())
            .await
            .unwrap();
        SqliteStore::new(pool.clone()).migrate().await.unwrap();
        for (name, text) in files("sqlite", include_str!("sql.rs")) {
            let text = resolve(text.leak(), Placeholders::Numbered).text;
            let prepared = pool.prepare(AssertSqlSafe(text).into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {prepared:?}");
        }
    }
}
