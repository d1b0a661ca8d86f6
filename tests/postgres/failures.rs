//! Failures of the database.

use std::time::Duration;

use sqlx::Executor;
use userbook::{
    UserId, UserStore,
    store::StoreErrorKind::{Other, Transient},
    store::{CommitOutcome, SnapshotQuery},
};
use userbook_sqlx::{PostgresStore, postgres::pool_options};
use userbook_tests::servers::postgres::Database;

use userbook_tests::rows::{rename, user};

use crate::{prepared, waits::until_a_lock_is_awaited};

async fn with_setting(database: &Database, name: &str, value: &str) -> PostgresStore {
    let options = database.options().options([(name, value)]);
    PostgresStore::new(pool_options().max_connections(2).connect_with(options).await.unwrap())
}

#[tokio::test]
async fn lock_timeout_is_stale_and_statement_timeout_is_transient() {
    let database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    other.execute("SELECT FROM userbook_user WHERE id = 1 FOR UPDATE").await.unwrap();
    let impatient = with_setting(&database, "lock_timeout", "50ms").await;
    assert_eq!(impatient.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Conflict);
    // Long enough for a statement without lock waits on a busy machine.
    let impatient = with_setting(&database, "statement_timeout", "2s").await;
    assert_eq!(impatient.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
    assert!(
        impatient.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.is_some(),
        "reads still work"
    );
    other.rollback().await.unwrap();
    assert_eq!(impatient.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Applied);
}

#[tokio::test]
async fn read_only_database_is_not_transient() {
    let database = prepared().await;
    let store = with_setting(&database, "default_transaction_read_only", "on").await;
    assert!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.is_some());
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Other);
}

#[tokio::test]
async fn missing_table_is_not_transient() {
    let database = Database::blank().await;
    assert_eq!(database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Other);
    assert_eq!(database.store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Other);
}

#[tokio::test]
async fn exhausted_pool_is_transient_and_closed_pool_is_not() {
    let database = prepared().await;
    let small = pool_options().max_connections(1).acquire_timeout(Duration::from_secs(1));
    let store = PostgresStore::new(small.connect_lazy_with(database.options()));
    // The timeout includes the connecting.
    let held = loop {
        match store.pool().acquire().await {
            Err(sqlx::Error::PoolTimedOut) => {}
            held => break held.unwrap(),
        }
    };
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Transient);
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
    drop(held);
    store.pool().close().await;
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Other);
}

#[tokio::test]
async fn unreachable_server_is_transient() {
    let nowhere = sqlx::postgres::PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(1);
    let pool = pool_options().acquire_timeout(Duration::from_millis(300)).connect_lazy_with(nowhere);
    let store = PostgresStore::new(pool);
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Transient);
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
}

#[tokio::test]
async fn repeated_event_id_fails_and_writes_nothing() {
    let database = prepared().await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    assert_eq!(database.store.commit(&rename(&user(3), 1)).await.unwrap_err().kind, Other);
    let after = database.store.load(&SnapshotQuery::user(UserId(3))).await.unwrap();
    assert_eq!(after.user, Some(user(3)));
}

/// Two transactions that wait for each other: the victim of the database must be retried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlock_is_stale() {
    let database = prepared().await;
    let options = database.options().options([("deadlock_timeout", "20ms")]);
    let store = PostgresStore::new(pool_options().max_connections(2).connect_with(options).await.unwrap());
    // The other transaction has a longer deadlock timeout, so that it is not the victim.
    let mut other = database.pool().begin().await.unwrap();
    other.execute("SET deadlock_timeout = '1h'").await.unwrap();
    other.execute("SELECT FROM userbook_user WHERE id = 1 FOR UPDATE").await.unwrap();
    let mut mine = store.pool().begin().await.unwrap();
    mine.execute("SELECT FROM userbook_user WHERE id = 3 FOR UPDATE").await.unwrap();
    let waits = tokio::spawn(async move {
        other.execute("SELECT FROM userbook_user WHERE id = 3 FOR UPDATE").await.unwrap();
        other.rollback().await.unwrap();
    });
    until_a_lock_is_awaited(database.pool()).await;
    let outcome = PostgresStore::commit_in(&mut mine, &rename(&user(1), 1)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    mine.rollback().await.unwrap();
    waits.await.unwrap();
}
