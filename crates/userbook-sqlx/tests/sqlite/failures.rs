//! Failures of the database.

use std::time::Duration;

use sqlx::sqlite::SqlitePoolOptions;
use userbook::{
    UserId, UserStore,
    field::Name,
    store::StoreErrorKind::{Other, Transient},
    store::{CommitOutcome, ImportData, SnapshotQuery},
};
use userbook_sqlx::SqliteStore;

use crate::database::{Database, options, pool, rename, user};

async fn prepared() -> Database {
    Database::with(&ImportData { users: vec![user(1)], ..ImportData::default() }).await
}

#[tokio::test]
async fn lock_timeout_is_transient() {
    let database = prepared().await;
    let impatient = options(&database.folder).busy_timeout(Duration::from_millis(20));
    let store = SqliteStore::new(pool(impatient).await);
    let writer = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
    assert!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.is_some(), "reading goes on");
    writer.rollback().await.unwrap();
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Applied);
}

#[tokio::test]
async fn read_only_database_is_not_transient() {
    let database = prepared().await;
    let store = SqliteStore::new(pool(options(&database.folder).read_only(true)).await);
    assert!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.is_some());
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Other);
}

#[tokio::test]
async fn missing_table_is_not_transient() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::new(pool(options(&folder)).await);
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Other);
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Other);
}

#[tokio::test]
async fn exhausted_pool_is_transient_and_closed_pool_is_not() {
    let database = prepared().await;
    // Long enough to open the first connection on a busy machine.
    let small = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(1));
    let store = SqliteStore::new(small.connect_with(options(&database.folder)).await.unwrap());
    let held = store.pool().acquire().await.unwrap();
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Transient);
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
    drop(held);
    store.pool().close().await;
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Other);
}

#[tokio::test]
async fn repeated_event_id_fails_and_writes_nothing() {
    let database =
        Database::with(&ImportData { users: vec![user(1), user(2)], ..ImportData::default() }).await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    assert_eq!(database.store.commit(&rename(&user(2), 1)).await.unwrap_err().kind, Other);
    let after = database.store.load(&SnapshotQuery::user(UserId(2))).await.unwrap();
    assert_eq!(after.user, Some(user(2)));
}

#[tokio::test]
async fn connection_works_after_a_full_disk() {
    let database = prepared().await;
    let pages: i64 = sqlx::query_scalar("SELECT page_count FROM pragma_page_count")
        .fetch_one(database.pool())
        .await
        .unwrap();
    let small = options(&database.folder).pragma("max_page_count", (pages + 8).to_string());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(small).await.unwrap();
    let store = SqliteStore::new(pool);
    for n in 1..20 {
        let facts = store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
        let before = facts.user.unwrap();
        let mut change = rename(&before, 10 * n);
        // In the row SQLite rolls the statement back, in the event the whole transaction.
        let long = "x".repeat(100_000);
        if n % 2 == 0 {
            change.fields.name = Some(Name::parse(&long).unwrap());
        } else {
            std::sync::Arc::make_mut(&mut change.event).request_id = Some(long);
        }
        assert_eq!(store.commit(&change).await.unwrap_err().kind, Other);
        assert_eq!(store.commit(&rename(&before, 10 * n + 1)).await.unwrap(), CommitOutcome::Applied);
    }
}
