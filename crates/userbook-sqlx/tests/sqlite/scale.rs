//! Large directories: no question may cost more because of rows it does not ask about.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Row};
use userbook::{
    DirectoryStore, Group, GroupId, Import, SeedStore, SnapshotQuery, SurveyQuery, User, UserId, UserStore,
};
use uuid::Uuid;

use crate::database::{Database, group, rename, user};

const MANY: i64 = 100_000;

/// One active superuser among many inactive ones.
fn retired() -> Import {
    let groups = [GroupId(Uuid::from_u128(1))];
    let member = |id| User { is_active: false, groups: groups.into(), ..user(id) };
    let mut users: Vec<_> = (2..MANY).map(member).collect();
    users.push(User { is_active: true, ..member(1) });
    Import { groups: vec![Group { is_superuser: true, ..group(1) }], users, ..Import::default() }
}

#[tokio::test]
async fn questions_about_power_pass_over_inactive_members() {
    let database = Database::new().await;
    let started = Instant::now();
    database.store.import(&retired()).await.unwrap();
    eprintln!("importing took {:?}", started.elapsed());

    let query = SnapshotQuery { other_active_superuser: true, ..SnapshotQuery::user(UserId(1)) };
    let survey = SurveyQuery { active_member_of: Some([group(1).id].into()), ..SurveyQuery::default() };
    let started = Instant::now();
    for n in 0..50 {
        let facts = database.store.load(&query).await.unwrap().unwrap();
        assert_eq!(facts.other_active_superuser, Some(false));
        assert!(database.store.survey(&survey).await.unwrap().active_member);
        database.store.commit(&rename(&facts.user, n)).await.unwrap();
    }
    // A scan of 100,000 rows takes several milliseconds, in each of the 50 rounds.
    assert!(started.elapsed() < Duration::from_secs(2), "50 rounds took {:?}", started.elapsed());
}

#[tokio::test]
async fn no_plan_scans_users_members_or_events() {
    let database = Database::new().await;
    for (file, sql) in [
        ("load", include_str!("../../src/sqlite/sql/load.sql")),
        ("survey", include_str!("../../src/sqlite/sql/survey.sql")),
        ("update_user", include_str!("../../src/sqlite/sql/update_user.sql")),
        ("join_groups", include_str!("../../src/sqlite/sql/join_groups.sql")),
        ("leave_groups", include_str!("../../src/sqlite/sql/leave_groups.sql")),
        ("missing_groups", include_str!("../../src/sqlite/sql/missing_groups.sql")),
        ("pending_events", include_str!("../../src/sqlite/sql/pending_events.sql")),
        ("ack_events", include_str!("../../src/sqlite/sql/ack_events.sql")),
        ("prune_events", include_str!("../../src/sqlite/sql/prune_events.sql")),
    ] {
        let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps = sqlx::query(plan).fetch_all(database.pool()).await.unwrap();
        for step in steps.iter().map(|row| row.get::<String, _>("detail")) {
            // The shape asks for all groups (`g`); the partial indexes hold only what is asked for.
            let harmless = ["closure", "granting", "wanted", "json_each", "CONSTANT", "g"];
            let indexes = ["userbook_event_pending", "userbook_group_superuser"];
            let scans = step.strip_prefix("SCAN ").is_some_and(|scanned| {
                let table = scanned.split(' ').next().unwrap();
                let by_index = indexes.iter().any(|index| scanned.contains(index));
                !by_index && !harmless.contains(&table) && !table.starts_with('(')
            });
            assert!(!scans, "{file}.sql: {step}");
        }
    }
}
