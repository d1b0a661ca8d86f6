//! Large directories: unrelated rows must not increase the cost of a query. The tests count the rows read.

use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};
use userbook::{
    Group, GroupId, User, UserId, UserStore,
    event::Event,
    store::{
        ChangeSet, DirectoryQuery, ImportData, ImportStore, MemberQuery, Outbox, OutboxLimit,
        ProvisioningStore, SnapshotQuery, SuperuserQuery, Superusers,
    },
};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::{
    rows::{group, rename, user},
    servers::mariadb::Database,
};

const MANY: i64 = 50_000;

/// Creates one active superuser among many inactive ones, and many acknowledged events.
async fn retired() -> Database {
    let groups = [group(1).id];
    let member = |id| User { is_active: id == 1, groups: groups.into(), ..user(id) };
    let users = (1..MANY).map(member).collect();
    let groups = vec![Group { is_superuser: true, ..group(1) }, group(2)];
    let database = Database::new().await;
    database.store.import(&ImportData { groups, users, ..ImportData::default() }).await.unwrap();
    let events = "INSERT INTO userbook_event (id, kind, version, occurred_at, body, acked_at) \
                  SELECT UNHEX(MD5(seq)), 'x', 1, '2024-01-01', '', UTC_TIMESTAMP(6) FROM seq_1_to_50000";
    database.pool().execute(events).await.unwrap();
    database
}

/// Returns the number of rows that this connection has read.
async fn rows_read(store: &MySqlStore) -> u64 {
    let sql = "SELECT CAST(SUM(variable_value) AS UNSIGNED) FROM information_schema.session_status \
               WHERE variable_name LIKE 'HANDLER_READ_%'";
    sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap()
}

/// Returns the index by which old events are deleted, and what else the statement does.
async fn plan_of_pruning(database: &Database, before: &str) -> (Option<String>, String) {
    let sql = include_str!("../../crates/userbook-sqlx/src/mysql/sql/prune_events.sql");
    let sql = sql.replace(":before", &format!("'{before}'")).replace(":limit", "1000");
    let explain = AssertSqlSafe(format!("EXPLAIN {sql}"));
    let row = sqlx::query(explain.into_sql_str()).fetch_one(database.pool()).await.unwrap();
    (row.get("key"), row.get("Extra"))
}

fn snapshot_query() -> SnapshotQuery {
    SnapshotQuery {
        other_superusers: true,
        username: Some("unused".to_owned()),
        actor: Some(UserId(7)),
        change: Some(rename(&user(1), 1).change),
        ..SnapshotQuery::user(UserId(1))
    }
}

fn directory_query() -> DirectoryQuery {
    DirectoryQuery {
        superusers: Some(SuperuserQuery {
            groups: [group(1).id, GroupId(uuid::Uuid::nil())].into(),
            except: Some((group(1).id, [UserId(2)].into())),
        }),
        members: Some(MemberQuery { of: Some(group(1).id), users: [].into(), limit: 3 }),
        username: Some("unused".to_owned()),
        actor: Some(UserId(7)),
        ..DirectoryQuery::default()
    }
}

#[tokio::test]
async fn queries_read_few_rows_of_large_tables() {
    let database = retired().await;
    for statistics in ["old", "new"] {
        let pool = pool_options().max_connections(1).connect_with(database.options()).await.unwrap();
        let store = MySqlStore::new(pool);
        let (query, directory) = (snapshot_query(), directory_query());
        // Reading the counter reads rows as well.
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
        let facts = store.load(&query).await.unwrap();
        assert_eq!(facts.other_superusers, Some(Superusers::default()));
        let ann = facts.user.unwrap();
        check("a load").await;
        let found = store.load_directory(&directory).await.unwrap();
        assert_eq!(found.superusers, Superusers { person: true, service_account: false });
        assert_eq!(found.members.len(), 3);
        check("a directory").await;
        let change = ChangeSet { groups_added: [group(2).id].into(), ..rename(&ann, ann.version.into()) };
        store.commit(&change).await.unwrap();
        check("joining").await;
        let ann = store.load(&query).await.unwrap().user.unwrap();
        let change = ChangeSet { groups_removed: [group(2).id].into(), ..rename(&ann, ann.version.into()) };
        check("a load").await;
        store.commit(&change).await.unwrap();
        check("leaving").await;
        let waiting: Vec<Event> = store.pending(OutboxLimit { events: 100, bytes: u64::MAX }).await.unwrap();
        check("pending events").await;
        store.ack(&waiting.iter().map(|event| event.id).collect::<Vec<_>>()).await.unwrap();
        check("acknowledging").await;
        let pruned = store.prune_before("2023-12-31T00:00:00Z".parse().unwrap()).await.unwrap();
        assert_eq!(pruned, 2, "the events of this round");
        check("pruning").await;
        for before in ["2023-12-31", "2024-01-01 00:00:01"] {
            let (key, extra) = plan_of_pruning(&database, before).await;
            assert_eq!(
                key.as_deref(),
                Some("userbook_event_moment"),
                "{before} with {statistics} statistics"
            );
            assert!(!extra.contains("filesort"), "{before} with {statistics} statistics: {extra}");
        }
        let tables = "userbook_user, userbook_group, userbook_membership, userbook_event, userbook_epoch";
        let analyze = AssertSqlSafe(format!("ANALYZE TABLE {tables}")).into_sql_str();
        database.pool().execute(analyze).await.unwrap();
    }
}
