//! Large directories: unrelated rows must not increase the cost of a query.

use sqlx::{AssertSqlSafe, Executor, PgConnection, SqlSafeStr};
use userbook::{
    Group, GroupId, User, UserId,
    store::{
        DirectoryQuery, ImportData, ImportStore, MemberQuery, SnapshotQuery, SuperuserQuery, Superusers,
    },
};
use userbook_sqlx::{Placeholders, PostgresStore};
use userbook_tests::{servers::postgres::Database, sql_files::sql_files};
use uuid::Uuid;

use userbook_tests::rows::{group, user};

const MANY: i64 = 50_000;

/// Creates one active superuser among many inactive ones, who were active when statistics were collected.
async fn retired() -> Database {
    let groups = [GroupId(Uuid::from_u128(1))];
    let users = (1..MANY).map(|id| User { groups: groups.into(), ..user(id) }).collect();
    let groups = vec![Group { is_superuser: true, ..group(1) }];
    let database = Database::new().await;
    database.store.import(&ImportData { groups, users, ..ImportData::default() }).await.unwrap();
    for sql in ["ANALYZE", "UPDATE userbook_user SET is_active = false WHERE id <> 1", "VACUUM"] {
        database.pool().execute(sql).await.unwrap();
    }
    database
}

/// Returns the number of memberships that this transaction has read.
const LOOKED_AT: &str = "
    SELECT (
        pg_stat_get_xact_tuples_returned('userbook_membership'::regclass)
        + (
            SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))
            FROM pg_index WHERE indrelid = 'userbook_membership'::regclass
        )
    )::bigint";

#[tokio::test]
async fn superuser_search_reads_no_inactive_members() {
    let database = retired().await;
    let query = SnapshotQuery { other_superusers: true, ..SnapshotQuery::user(UserId(1)) };
    let of_group = |users: &[UserId]| DirectoryQuery {
        superusers: Some(SuperuserQuery {
            groups: [group(1).id].into(),
            except: Some((group(1).id, users.iter().copied().collect())),
        }),
        members: Some(MemberQuery { of: Some(group(1).id), users: [].into(), limit: 10 }),
        ..DirectoryQuery::default()
    };
    for statistics in ["old", "new"] {
        // After some executions the database uses a generic plan.
        for _ in 0..8 {
            let mut transaction = database.pool().begin().await.unwrap();
            let facts = PostgresStore::load_in(&mut transaction, &query).await.unwrap();
            assert_eq!(facts.other_superusers, Some(Superusers::default()));
            for (except, person) in [(vec![], true), (vec![UserId(1)], false)] {
                let directory = of_group(&except);
                let found = PostgresStore::load_directory_in(&mut transaction, &directory).await.unwrap();
                assert_eq!(found.superusers, Superusers { person, service_account: false });
                assert_eq!(found.members.len(), 10);
            }
            let seen: i64 = sqlx::query_scalar(LOOKED_AT).fetch_one(&mut *transaction).await.unwrap();
            assert!((1..400).contains(&seen), "{statistics} statistics: {seen} memberships were read");
        }
        database.pool().execute("ANALYZE").await.unwrap();
    }
}

/// Returns the generic plan of a statement.
async fn plan(connection: &mut PgConnection, sql: &str, parameters: usize) -> String {
    let nulls = vec!["NULL"; parameters].join(", ");
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let prepare = AssertSqlSafe(format!("PREPARE explained AS {sql}"));
    connection.execute(prepare.into_sql_str()).await.unwrap();
    let explain = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN EXECUTE explained({nulls})")));
    let steps: Vec<String> = explain.persistent(false).fetch_all(&mut *connection).await.unwrap();
    connection.execute("DEALLOCATE explained").await.unwrap();
    steps.join("\n")
}

#[tokio::test]
async fn no_plan_scans_users_members_or_events() {
    let database = retired().await;
    let events = "INSERT INTO userbook_event (id, kind, version, occurred_at, body, acked_at) \
                  SELECT gen_random_uuid(), 'x', 1, now(), '', now() FROM generate_series(1, 50000)";
    database.pool().execute(AssertSqlSafe(events).into_sql_str()).await.unwrap();
    database.pool().execute("VACUUM ANALYZE").await.unwrap();
    let mut connection = database.pool().acquire().await.unwrap();
    let files = sql_files("postgres", Placeholders::Numbered);
    for name in [
        "load",
        "load_directory",
        "commit",
        "commit_fields",
        "guards",
        "join_groups",
        "delete_user",
        "hold_users",
        "change_members",
        "pending_events",
        "ack_events",
    ] {
        let file = files.iter().find(|file| file.name == name).unwrap();
        let plan = plan(&mut connection, &file.text, file.parameters).await;
        for table in ["userbook_user", "userbook_membership", "userbook_event"] {
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{name}:\n{plan}");
        }
        assert!(!plan.contains("JIT"), "{name}: compiling takes longer than running\n{plan}");
    }
}
