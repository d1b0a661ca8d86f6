//! Large directories: no question may cost more because of rows it does not ask about.

use sqlx::{AssertSqlSafe, Executor, PgConnection, Row, SqlSafeStr};
use userbook::{Group, GroupId, ImportData, ImportStore, SnapshotQuery, User, UserId};
use userbook_sqlx::PostgresStore;
use userbook_tests::servers::postgres::Database;
use uuid::Uuid;

use userbook_tests::rows::{group, user};

const MANY: i64 = 50_000;

/// One active superuser among many retired ones, who were active when the statistics were made.
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

/// How many memberships this transaction has looked at.
const LOOKED_AT: &str = "
    SELECT (
        pg_stat_get_xact_tuples_returned('userbook_membership'::regclass)
        + (
            SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))
            FROM pg_index WHERE indrelid = 'userbook_membership'::regclass
        )
    )::bigint";

#[tokio::test]
async fn questions_about_power_pass_over_inactive_members() {
    let database = retired().await;
    let query = SnapshotQuery { other_active_superuser: true, ..SnapshotQuery::user(UserId(1)) };
    let directory = include_str!("../../crates/userbook-sqlx/src/postgres/sql/load_directory.sql");
    for statistics in ["of before", "of now"] {
        // From some time on the database plans for any parameters.
        for _ in 0..8 {
            let mut transaction = database.pool().begin().await.unwrap();
            let facts = PostgresStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
            assert_eq!(facts.other_active_superuser, Some(false));
            let asked = sqlx::query(directory).bind(None::<&str>).bind(None::<&str>).bind(Vec::<Uuid>::new());
            let asked = asked.bind(None::<i64>).bind(false).bind([group(1).id.0]).bind(None::<Uuid>);
            let told = asked.fetch_all(&mut *transaction).await.unwrap();
            assert!(told.first().unwrap().get::<bool, _>("active_member"));
            let seen: i64 = sqlx::query_scalar(LOOKED_AT).fetch_one(&mut *transaction).await.unwrap();
            assert!((1..100).contains(&seen), "statistics {statistics}: {seen} memberships were looked at");
        }
        database.pool().execute("ANALYZE").await.unwrap();
    }
}

/// The plan of a statement for any parameters.
async fn plan(connection: &mut PgConnection, sql: &str, parameters: usize) -> String {
    let nulls = vec!["NULL"; parameters].join(", ");
    connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let prepare = AssertSqlSafe(format!("PREPARE asked AS {sql}"));
    connection.execute(prepare.into_sql_str()).await.unwrap();
    let explain = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN EXECUTE asked({nulls})")));
    let steps: Vec<String> = explain.persistent(false).fetch_all(&mut *connection).await.unwrap();
    connection.execute("DEALLOCATE asked").await.unwrap();
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
    macro_rules! file {
        ($name:literal, $parameters:literal) => {
            (
                $name,
                include_str!(concat!("../../crates/userbook-sqlx/src/postgres/sql/", $name, ".sql")),
                $parameters,
            )
        };
    }
    for (file, sql, parameters) in [
        file!("load", 6),
        file!("directory", 7),
        file!("commit", 28),
        file!("commit_fields", 20),
        file!("guards", 6),
        file!("join_groups", 2),
        file!("delete_user", 2),
        file!("pending_events", 1),
        file!("ack_events", 1),
    ] {
        let plan = plan(&mut connection, sql, parameters).await;
        for table in ["userbook_user", "userbook_membership", "userbook_event"] {
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{file}:\n{plan}");
        }
        assert!(!plan.contains("JIT"), "{file}: compiling takes longer than running\n{plan}");
    }
}
