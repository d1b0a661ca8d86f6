use futures_util::FutureExt;
use sqlx::sqlite::SqlitePoolOptions;
use userbook::UserId;

use super::*;
use crate::sqlite::{SqliteStore, connect_options};

#[tokio::test]
async fn lists_leave_connections_for_updates() {
    let folder = tempfile::tempdir().unwrap();
    let options = connect_options(&format!("sqlite://{}", folder.path().join("users.db").display())).unwrap();
    let pool = SqlitePoolOptions::new().max_connections(5).connect_with(options).await.unwrap();
    let store = SqliteStore::new(pool);
    store.migrate().await.unwrap();
    let one = store.list_turn().await.unwrap();
    let other = store.list_turn().await.unwrap();
    assert!(store.list_turn().now_or_never().is_none(), "the third list waits");
    store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
    one.finish(Ok(())).unwrap();
    assert!(store.list_turn().await.is_ok());
    drop(other);
    // Dropped lists give their turns back when their connections are free.
    let turns = tokio::time::timeout(Duration::from_mins(1), store.lists.acquire_many(2)).await;
    assert!(turns.is_ok_and(|turns| turns.is_ok()));
}
