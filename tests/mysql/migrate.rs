//! Migrations.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, mysql::MySqlPoolOptions};
use userbook::{UserId, UserStore, store::SnapshotQuery};
use userbook_sqlx::{
    MigrateError, Migration, MySqlStore, migrate,
    mysql::{SESSION, pool_options},
};
use userbook_tests::servers::mariadb::Database;

#[tokio::test]
async fn second_migration_changes_nothing() {
    let database = Database::new().await;
    database.store.migrate().await.unwrap();
    let applied: Vec<(i64, bool)> = sqlx::query_as(
        "SELECT version, applied_at > UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE FROM userbook_migration",
    )
    .fetch_all(database.pool())
    .await
    .unwrap();
    assert_eq!(applied, [(1, true)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_migrations_wait_for_each_other() {
    let database = Database::blank().await;
    let starts = (0..6).map(|_| {
        let options = database.options();
        tokio::spawn(async move {
            let pool = pool_options().max_connections(1).connect_with(options).await.unwrap();
            MySqlStore::new(pool).migrate().await
        })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn changed_or_unknown_migrations_are_rejected() {
    for (sql, expected) in [
        ("UPDATE userbook_migration SET checksum = 'other'", "migration 1 (baseline) was applied"),
        (
            "INSERT INTO userbook_migration VALUES ('userbook', 99, 'new', 'x', '2024-01-01')",
            "migration 99 was applied to this database and is unknown to this program",
        ),
    ] {
        let database = Database::new().await;
        sqlx::query(AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
        let refused = database.store.migrate().await.unwrap_err();
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
}

/// MariaDB commits `CREATE TABLE` implicitly: an interrupted migration resumes at any point.
#[tokio::test]
async fn interrupted_migration_is_resumed() {
    let baseline = include_str!("../../crates/userbook-sqlx/migrations/mysql/0001_baseline.sql");
    let statements: Vec<_> = baseline.trim().trim_end_matches(';').split(";\n\n").collect();
    for done in 0..=statements.len() {
        let database = Database::blank().await;
        for statement in &statements[..done] {
            sqlx::raw_sql(*statement).execute(database.pool()).await.unwrap();
        }
        database.store.migrate().await.unwrap();
        let query = SnapshotQuery::user(UserId(1));
        assert_eq!(database.store.load(&query).await.unwrap().user, None);
        let counters: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM userbook_epoch")
            .fetch_one(database.pool())
            .await
            .unwrap();
        assert_eq!(counters, 3, "after {done} statements");
        let counts: Vec<(String, i64)> = sqlx::query_as("SELECT name, value FROM userbook_count")
            .fetch_all(database.pool())
            .await
            .unwrap();
        assert_eq!(counts, [("groups".to_owned(), 0), ("users".to_owned(), 0)], "after {done} statements");
    }
}

#[tokio::test]
async fn timed_out_or_failed_migration_releases_the_lock() {
    static BROKEN: [Migration; 1] = [Migration { version: 1, name: "broken", sql: "CREATE TABLE" }];
    let database = Database::new().await;
    let refused = migrate(database.pool(), "host", &BROKEN).await;
    assert!(matches!(refused, Err(MigrateError::Database(_))));
    tokio::time::timeout(Duration::from_secs(20), database.store.migrate()).await.unwrap().unwrap();
}

#[tokio::test]
async fn host_tables_in_the_same_database_are_kept() {
    static OWN: [Migration; 1] =
        [Migration { version: 1, name: "own", sql: "CREATE TABLE IF NOT EXISTS mine (id BIGINT); SELECT 1" }];
    let database = Database::new().await;
    for _ in 0..2 {
        migrate(database.pool(), "host", &OWN).await.unwrap();
    }
    database.pool().execute("INSERT INTO mine VALUES (1)").await.unwrap();
    database.store.migrate().await.unwrap();
}

#[tokio::test]
async fn incompatible_connection_settings_are_rejected() {
    let database = Database::blank().await;
    for (setting, lacks) in [
        ("SET SESSION sql_mode = 'ANSI_QUOTES'", "strict sql_mode"),
        ("SET NAMES latin1", "utf8mb4"),
        ("SET SESSION max_recursive_iterations = 1000", "max_recursive_iterations"),
        ("SET SESSION foreign_key_checks = 0", "foreign keys"),
    ] {
        let pool = MySqlPoolOptions::new().max_connections(1).after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(SESSION).await?;
                connection.execute(setting).await.map(drop)
            })
        });
        let store = MySqlStore::new(pool.connect_with(database.options()).await.unwrap());
        let refused = store.migrate().await.unwrap_err();
        assert!(refused.to_string().contains(lacks), "{setting}: {refused}");
    }
}
