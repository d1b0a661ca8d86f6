//! Failures of the database.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, mysql::MySqlConnectOptions};
use userbook::{
    UserId, UserStore,
    store::StoreErrorKind::{Other, Transient},
    store::{CommitOutcome, SnapshotQuery},
};
use userbook_sqlx::{MySqlStore, mysql::pool_options};
use userbook_tests::{
    rows::{prepared, rename, user},
    servers::mariadb::Database,
};

async fn with_setting(database: &Database, setting: &'static str) -> MySqlStore {
    let pool = pool_options().max_connections(1).after_connect(move |connection, _| {
        let setting = AssertSqlSafe(format!("SET SESSION {setting}")).into_sql_str();
        Box::pin(async move { connection.execute(setting).await.map(drop) })
    });
    MySqlStore::new(pool.connect_with(database.options()).await.unwrap())
}

#[tokio::test]
async fn lock_timeout_is_stale_and_statement_timeout_is_transient() {
    let database: Database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    other.execute("SELECT id FROM userbook_user WHERE id = 1 FOR UPDATE").await.unwrap();
    let impatient = with_setting(&database, "innodb_lock_wait_timeout = 1").await;
    assert_eq!(impatient.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Conflict);
    // Long enough for a statement without lock waits on a busy machine.
    let slow = with_setting(&database, "max_statement_time = 2").await;
    assert_eq!(slow.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
    assert!(slow.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.is_some(), "reads still work");
    other.rollback().await.unwrap();
    assert_eq!(impatient.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Applied);
}

#[tokio::test]
async fn read_only_database_is_not_transient() {
    let database: Database = prepared().await;
    let store = with_setting(&database, "tx_read_only = 1").await;
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
    let database: Database = prepared().await;
    let small = pool_options().max_connections(1).acquire_timeout(Duration::from_secs(1));
    let store = MySqlStore::new(small.connect_lazy_with(database.options()));
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
    let nowhere = MySqlConnectOptions::new().host("127.0.0.1").port(1);
    let pool = pool_options().acquire_timeout(Duration::from_millis(300)).connect_lazy_with(nowhere);
    let store = MySqlStore::new(pool);
    assert_eq!(store.load(&SnapshotQuery::user(UserId(1))).await.unwrap_err().kind, Transient);
    assert_eq!(store.commit(&rename(&user(1), 1)).await.unwrap_err().kind, Transient);
}

#[tokio::test]
async fn repeated_event_id_fails_and_writes_nothing() {
    let database: Database = prepared().await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    assert_eq!(database.store.commit(&rename(&user(3), 1)).await.unwrap_err().kind, Other);
    let after = database.store.load(&SnapshotQuery::user(UserId(3))).await.unwrap();
    assert_eq!(after.user, Some(user(3)));
}

/// Two transactions that wait for each other: the victim of the database must be retried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlock_is_stale() {
    let database: Database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    // The transaction with more writes is not chosen as the victim.
    other.execute("UPDATE userbook_user SET version = 5 WHERE id IN (2, 3)").await.unwrap();
    let mut change = rename(&user(1), 1);
    change.guards.actor = Some(userbook::store::ActorGuard { user: UserId(3), revision: user(3).revision });
    let store = database.store.clone();
    // The commit holds row 1 and waits for row 3.
    let mine = tokio::spawn(async move { store.commit(&change).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute("UPDATE userbook_user SET version = 5 WHERE id = 1").await.unwrap();
    assert_eq!(mine.await.unwrap(), CommitOutcome::Conflict);
    other.rollback().await.unwrap();
}
