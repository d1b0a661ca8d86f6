//! After [`close`](userbook_sqlx::SqlStore::close), no file is open and no write runs.

use std::{
    fs::{read_dir, read_link},
    path::Path,
    pin::pin,
};

use futures_util::FutureExt;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use userbook::{
    UserId, UserStore,
    store::{CommitOutcome, ImportData, SnapshotQuery, StoreErrorKind::Other},
};
use userbook_sqlx::SqliteStore;

use crate::database::{Database, options, pool, rename, user};

async fn prepared() -> Database {
    Database::with(&ImportData { users: vec![user(1), user(2), user(3)], ..ImportData::default() }).await
}

/// Returns the number of open files in the folder.
fn open_files(folder: &Path) -> usize {
    // Another test may close a file meanwhile.
    let links = read_dir("/proc/self/fd").unwrap().filter_map(|entry| read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.starts_with(folder)).count()
}

/// Holds the write lock.
async fn lock(database: &Database) -> SqliteConnection {
    let mut connection = options(&database.folder).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    connection
}

async fn name_of(store: &impl UserStore, id: i64) -> String {
    store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap().name
}

#[tokio::test]
async fn running_and_waiting_writes_end_first() {
    for opens in [false, true] {
        let database = prepared().await;
        let store = &database.store;
        if !opens {
            assert_eq!(store.commit(&rename(&user(3), 3)).await.unwrap(), CommitOutcome::Applied);
        }
        let lock = lock(&database).await;
        let (first, second) = (rename(&user(1), 1), rename(&user(2), 2));
        let mut running = pin!(store.commit(&first));
        let mut waiting = pin!(store.commit(&second));
        let mut close = pin!(store.close());
        assert!(running.as_mut().now_or_never().is_none(), "the lock is held");
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(close.as_mut().now_or_never().is_none(), "a write is running");
        assert_eq!(store.commit(&rename(&user(3), 4)).await.unwrap_err().kind, Other, "a later write fails");
        assert!(open_files(database.folder.path()) > 0);
        lock.close().await.unwrap();
        let (running, waiting, ()) = tokio::join!(running, waiting, close);
        assert_eq!((running.unwrap(), waiting.unwrap()), (CommitOutcome::Applied, CommitOutcome::Applied));
        assert_eq!(open_files(database.folder.path()), 0, "{opens}");
        assert_eq!(store.commit(&rename(&user(3), 4)).await.unwrap_err().kind, Other);
        assert_eq!(open_files(database.folder.path()), 0, "{opens}");

        let reopened = SqliteStore::new(pool(options(&database.folder)).await);
        for id in [1, 2] {
            assert_eq!(name_of(&reopened, id).await, "renamed");
        }
    }
}

/// Law of each point at which a caller may leave: the connection opens, or waits for the lock.
#[tokio::test]
async fn a_write_whose_caller_has_left_ends_first() {
    for polls in 1..6 {
        for opens in [false, true] {
            let database = prepared().await;
            if !opens {
                database.store.commit(&rename(&user(3), 3)).await.unwrap();
            }
            let lock = lock(&database).await;
            let change = rename(&user(1), 1);
            let mut write = Box::pin(database.store.commit(&change));
            for _ in 0..polls {
                assert!(write.as_mut().now_or_never().is_none(), "the lock is held");
                tokio::task::yield_now().await;
            }
            drop(write);
            lock.close().await.unwrap();
            database.store.close().await;
            assert_eq!(open_files(database.folder.path()), 0, "{polls} {opens}");
        }
    }
}

#[tokio::test]
async fn the_end_of_the_pool_ends_the_writer() {
    let database = prepared().await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    database.pool().close().await;
    assert_eq!(database.store.commit(&rename(&user(2), 2)).await.unwrap_err().kind, Other);
    database.store.close().await;
    assert_eq!(open_files(database.folder.path()), 0);
}
