//! The statements.

use crate::{
    statement::{Placeholders::Numbered, Statement},
    statements::{Statements, statement, statements},
};

pub(super) static STATEMENTS: Statements =
    statements!("sqlite", Numbered, own: [], shared: [prune_events, set_install, user_exists]);

pub(super) static BUMP_EPOCHS: Statement = statement!("sqlite/sql/bump_epochs.sql", Numbered);
pub(super) static CONNECTION_FIT: Statement = statement!("sqlite/sql/connection_fit.sql", Numbered);
pub(super) static GUARDS_HOLD: Statement = statement!("sqlite/sql/guards_hold.sql", Numbered);
pub(super) static INSERT_EVENT: Statement = statement!("sql/insert_event.sql", Numbered);
pub(super) static INSERT_EVENTS: Statement = statement!("sqlite/sql/insert_events.sql", Numbered);
pub(super) static JOIN_GROUP: Statement = statement!("sqlite/sql/join_group.sql", Numbered);
pub(super) static LEAVE_GROUP: Statement = statement!("sqlite/sql/leave_group.sql", Numbered);
pub(super) static LEAVE_GROUPS: Statement = statement!("sqlite/sql/leave_groups.sql", Numbered);
pub(super) static PUT_GROUP: Statement = statement!("sql/put_group.sql", Numbered);
pub(super) static UPDATE_MEMBERS: Statement = statement!("sqlite/sql/update_members.sql", Numbered);
pub(super) static UPDATE_USER: Statement = statement!("sqlite/sql/update_user.sql", Numbered);

pub(super) const BEGIN: &str = include_str!("sql/begin.sql");
pub(super) const BEGIN_READ: &str = include_str!("sql/begin_read.sql");
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// An update of columns in the transaction of a group.
pub(super) static WRITE_COLUMNS: Statement = Statement::new(
    concat!(include_str!("sql/update_user.sql"), ";\n", include_str!("sql/insert_event_of_update.sql")),
    Numbered,
);

/// A whole update of columns: four statements in one command.
pub(super) static COMMIT_COLUMNS: Statement = Statement::new(
    concat!(
        include_str!("sql/begin.sql"),
        ";\n",
        include_str!("sql/update_user.sql"),
        ";\n",
        include_str!("sql/insert_event_of_update.sql"),
        ";\nCOMMIT",
    ),
    Numbered,
);

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
