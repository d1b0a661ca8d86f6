//! The query plans of the statements: unrelated rows must not increase the cost of a query.

use sqlx::AssertSqlSafe;
use userbook_sqlx::{Placeholders, resolve};

use crate::database::Database;

async fn plan(database: &Database, sql: &'static str) -> Vec<String> {
    let sql = resolve(sql, Placeholders::Numbered).text;
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(database.pool()).await.unwrap();
    steps.into_iter().map(|(.., detail)| detail).collect()
}

#[tokio::test]
async fn users_members_and_events_are_never_scanned() {
    // The shape contains all groups (`g`); the partial indexes contain only the rows to read; the others are
    // intermediate results.
    let harmless = [
        "closure",
        "below",
        "granting",
        "wanted",
        "member",
        "shown",
        "target",
        "counted",
        "json_each",
        "CONSTANT",
        "g",
    ];
    let indexes = ["userbook_event_pending", "userbook_group_superuser"];
    let database = Database::new().await;
    for (file, sql) in [
        ("load", include_str!("../../src/sqlite/sql/load.sql")),
        ("directory", include_str!("../../src/sqlite/sql/load_directory.sql")),
        ("update_user", include_str!("../../src/sqlite/sql/update_user.sql")),
        ("join_groups", include_str!("../../src/sqlite/sql/join_groups.sql")),
        ("leave_groups", include_str!("../../src/sqlite/sql/leave_groups.sql")),
        ("update_members", include_str!("../../src/sqlite/sql/update_members.sql")),
        ("join_group", include_str!("../../src/sqlite/sql/join_group.sql")),
        ("leave_group", include_str!("../../src/sqlite/sql/leave_group.sql")),
        ("list_users", include_str!("../../src/sqlite/sql/list_users.sql")),
        ("list_groups", include_str!("../../src/sqlite/sql/list_groups.sql")),
        ("pending_events", include_str!("../../src/sqlite/sql/pending_events.sql")),
        ("ack_events", include_str!("../../src/sqlite/sql/ack_events.sql")),
        ("prune_events", include_str!("../../src/sql/prune_events.sql")),
    ] {
        for step in plan(&database, sql).await {
            let scans = step.strip_prefix("SCAN ").is_some_and(|scanned| {
                let table = scanned.split(' ').next().unwrap();
                let by_index = indexes.iter().any(|index| scanned.contains(index));
                !by_index && !harmless.contains(&table) && !table.starts_with('(')
            });
            assert!(!scans, "{file}.sql: {step}");
        }
    }
}

#[tokio::test]
async fn members_who_cannot_act_are_not_read() {
    let database = Database::new().await;
    for (sql, table) in [
        (include_str!("../../src/sqlite/sql/load.sql"), "member"),
        (include_str!("../../src/sqlite/sql/load_directory.sql"), "m"),
    ] {
        let search = format!(
            "SEARCH {table} USING COVERING INDEX userbook_membership_group (group_id=? AND can_act=?"
        );
        let steps = plan(&database, sql).await;
        let found = steps.iter().filter(|step| step.starts_with(&search)).count();
        assert_eq!(found, 2, "persons and service accounts: {steps:#?}");
    }
}
