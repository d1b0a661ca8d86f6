//! Migrations.

use sqlx::AssertSqlSafe;
use userbook_sqlx::{MigrateError, SqliteStore};

use crate::database::{Database, options, pool};

#[tokio::test]
async fn second_migration_changes_nothing() {
    let database = Database::new().await;
    database.store.migrate().await.unwrap();
    let applied: Vec<(i64, i64)> = sqlx::query_as("SELECT version, applied_at FROM userbook_migration")
        .fetch_all(database.pool())
        .await
        .unwrap();
    assert!(matches!(applied[..], [(1, at)] if at > 1_700_000_000_000_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_migrations_wait_for_each_other() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let starts = (0..8).map(|_| {
            let options = options(&folder);
            tokio::spawn(async move { SqliteStore::new(pool(options).await).migrate().await })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn changed_or_unknown_migrations_are_rejected() {
    for (sql, expected) in [
        ("UPDATE userbook_migration SET checksum = 'other'", "migration 1 (baseline) was applied"),
        (
            "INSERT INTO userbook_migration VALUES ('userbook', 99, 'new', 'x', 0)",
            "migration 99 was applied to this database and is unknown to this program",
        ),
    ] {
        let database = Database::new().await;
        sqlx::query(AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
        let refused = database.store.migrate().await.unwrap_err();
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
}

#[tokio::test]
async fn connections_without_foreign_keys_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::new(pool(options(&folder).foreign_keys(false)).await);
    assert!(matches!(store.migrate().await, Err(MigrateError::ForeignKeysOff)));
}

async fn application_id(store: &SqliteStore) -> i64 {
    sqlx::query_scalar("PRAGMA application_id").fetch_one(store.pool()).await.unwrap()
}

async fn mark(store: &SqliteStore, id: i64) {
    let sql = AssertSqlSafe(format!("PRAGMA application_id = {id}"));
    sqlx::query(sql).execute(store.pool()).await.unwrap();
}

#[tokio::test]
async fn file_is_marked_and_a_foreign_file_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::new(pool(options(&folder)).await);
    mark(&store, 0x0F05_5112).await;
    let rejected = store.migrate().await.unwrap_err();
    assert_eq!(rejected.to_string(), "the file belongs to another application (application_id 0x0f055112)");
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master").fetch_one(store.pool()).await.unwrap();
    assert_eq!((tables, application_id(&store).await), (0, 0x0F05_5112), "the file is unchanged");

    mark(&store, 0).await;
    store.migrate().await.unwrap();
    assert_eq!(application_id(&store).await, i64::from(u32::from_be_bytes(*b"USRB")));
    // A host that keeps tables of its own beside Userbook's may mark the file as its own.
    mark(&store, 7).await;
    store.migrate().await.unwrap();
    assert_eq!(application_id(&store).await, 7);
}

#[tokio::test]
async fn failed_migration_is_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::new(pool(options(&folder)).await);
    sqlx::query("CREATE TABLE userbook_event (mine TEXT)").execute(store.pool()).await.unwrap();
    assert!(matches!(store.migrate().await, Err(MigrateError::Database(_))));
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master").fetch_all(store.pool()).await.unwrap();
    assert_eq!(tables, ["userbook_event"]);
}
