//! Large directories: no question may cost more because of rows it does not ask about. SpanOutcome by how many rows the
//! engine was asked for.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use userbook::{
    ChangeSet, DirectoryQuery, Event, Group, GroupId, ImportData, ImportStore, Outbox, ProvisioningStore,
    SnapshotQuery, User, UserId, UserStore,
};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::{
    rows::{group, rename, user},
    servers::mariadb::Database,
};

const MANY: i64 = 50_000;

/// One active superuser among many retired ones, and many events that were handed on.
async fn retired() -> Database {
    let groups = [group(1).id];
    let member = |id| User { is_active: id == 1, groups: groups.into(), ..user(id) };
    let users = (1..MANY).map(member).collect();
    let groups = vec![Group { is_superuser: true, ..group(1) }, group(2)];
    let database = Database::new().await;
    let started = Instant::now();
    database.store.import(&ImportData { groups, users, ..ImportData::default() }).await.unwrap();
    assert!(started.elapsed() < Duration::from_mins(1), "importing took {:?}", started.elapsed());
    let events = "INSERT INTO userbook_event (id, kind, version, occurred_at, body, acked_at) \
                  SELECT UNHEX(MD5(seq)), 'x', 1, '2024-01-01', '', UTC_TIMESTAMP(6) FROM seq_1_to_50000";
    database.pool().execute(events).await.unwrap();
    database
}

/// How many rows this connection has asked the engine for.
async fn rows_read(store: &MySqlStore) -> u64 {
    let sql = "SELECT CAST(SUM(variable_value) AS UNSIGNED) FROM information_schema.session_status \
               WHERE variable_name LIKE 'HANDLER_READ_%'";
    sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap()
}

#[tokio::test]
async fn questions_pass_over_what_they_do_not_ask_about() {
    let database = retired().await;
    for statistics in ["old", "new"] {
        let pool = pool_options().max_connections(1).connect_with(database.options()).await.unwrap();
        let store = MySqlStore::new(pool);
        let query = SnapshotQuery {
            other_active_superuser: true,
            username: Some("nobody".to_owned()),
            actor: Some(UserId(7)),
            change: Some(rename(&user(1), 1).change),
            ..SnapshotQuery::user(UserId(1))
        };
        let directory = DirectoryQuery {
            active_member_of: Some([group(1).id, GroupId(uuid::Uuid::nil())].into()),
            username: Some("nobody".to_owned()),
            actor: Some(UserId(7)),
            ..DirectoryQuery::default()
        };
        // Asking costs rows too.
        let cost = {
            rows_read(&store).await;
            let before = rows_read(&store).await;
            rows_read(&store).await - before
        };
        let mut before = rows_read(&store).await;
        let mut check = async |what: &str| {
            let now = rows_read(&store).await;
            assert!(
                now - before < cost + 120,
                "{what} read {} rows with {statistics} statistics",
                now - before - cost
            );
            before = rows_read(&store).await - cost;
            before += cost;
        };
        let facts = store.load(&query).await.unwrap().unwrap();
        assert_eq!(facts.other_active_superuser, Some(false));
        check("a load").await;
        assert!(store.load_directory(&directory).await.unwrap().active_member);
        check("a directory").await;
        let change = ChangeSet {
            groups_added: [group(2).id].into(),
            ..rename(&facts.user, facts.user.version.into())
        };
        store.commit(&change).await.unwrap();
        check("joining").await;
        let facts = store.load(&query).await.unwrap().unwrap();
        let change = ChangeSet {
            groups_removed: [group(2).id].into(),
            ..rename(&facts.user, facts.user.version.into())
        };
        check("a load").await;
        store.commit(&change).await.unwrap();
        check("leaving").await;
        let waiting: Vec<Event> = store.pending(100).await.unwrap();
        check("pending events").await;
        store.ack(&waiting.iter().map(|event| event.id).collect::<Vec<_>>()).await.unwrap();
        check("acknowledging").await;
        let tables = "userbook_user, userbook_group, userbook_membership, userbook_event, userbook_epoch";
        let analyze = AssertSqlSafe(format!("ANALYZE TABLE {tables}")).into_sql_str();
        database.pool().execute(analyze).await.unwrap();
    }
}
