//! What SQLite makes of the statements: no question may cost more because of rows it does not ask about.

use sqlx::AssertSqlSafe;

use crate::database::Database;

async fn plan(database: &Database, sql: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(database.pool()).await.unwrap();
    steps.into_iter().map(|(.., detail)| detail).collect()
}

#[tokio::test]
async fn users_members_and_events_are_never_scanned() {
    // The shape asks for all groups (`g`); the partial indexes hold only what is asked for.
    let harmless = ["closure", "granting", "wanted", "json_each", "CONSTANT", "g"];
    let indexes = ["userbook_event_pending", "userbook_group_superuser"];
    let database = Database::new().await;
    for (file, sql) in [
        ("load", include_str!("../../src/sqlite/sql/load.sql")),
        ("directory", include_str!("../../src/sqlite/sql/load_directory.sql")),
        ("update_user", include_str!("../../src/sqlite/sql/update_user.sql")),
        ("join_groups", include_str!("../../src/sqlite/sql/join_groups.sql")),
        ("leave_groups", include_str!("../../src/sqlite/sql/leave_groups.sql")),
        ("missing_groups", include_str!("../../src/sqlite/sql/missing_groups.sql")),
        ("pending_events", include_str!("../../src/sqlite/sql/pending_events.sql")),
        ("ack_events", include_str!("../../src/sqlite/sql/ack_events.sql")),
        ("prune_events", include_str!("../../src/sqlite/sql/prune_events.sql")),
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
async fn inactive_members_are_passed_over() {
    let database = Database::new().await;
    for sql in [
        include_str!("../../src/sqlite/sql/load.sql"),
        include_str!("../../src/sqlite/sql/load_directory.sql"),
    ] {
        let look =
            "SEARCH member USING COVERING INDEX userbook_membership_group (group_id=? AND user_active=?";
        let steps = plan(&database, sql).await;
        assert!(steps.iter().any(|step| step.starts_with(look)), "{steps:#?}");
    }
}
