//! Updates inside a transaction of the host's.

use std::collections::BTreeSet;

use userbook::{
    CommitOutcome, GroupId, ImportData, Outbox, SnapshotQuery, StoreErrorKind, User, UserId, UserStore,
};
use userbook_sqlx::SqliteStore;
use uuid::Uuid;

use crate::database::{Database, group, rename, user};

async fn prepared() -> Database {
    let ann = User { groups: BTreeSet::from([GroupId(Uuid::from_u128(1))]), ..user(1) };
    Database::with(&ImportData {
        groups: vec![group(1), group(2)],
        users: vec![ann],
        ..ImportData::default()
    })
    .await
}

async fn name(database: &Database) -> String {
    database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().unwrap().user.name
}

#[tokio::test]
async fn the_host_decides_whether_it_stays() {
    let database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        let query = SnapshotQuery::user(UserId(1));
        let before = SqliteStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
        let change = rename(&before.user, n);
        let outcome = SqliteStore::commit_in(&mut transaction, &change).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        let inside = SqliteStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
        assert_eq!(inside.user.name, "renamed");
        assert_eq!(name(&database).await, "Somebody", "nobody else sees it yet");
        if keep {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
    }
    assert_eq!(name(&database).await, "renamed");
    assert_eq!(database.store.pending(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_applied_leaves_no_trace_and_the_transaction_goes_on() {
    let database = prepared().await;
    let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let mut change = rename(&user(1), 1);
    change.groups_removed = [GroupId(Uuid::from_u128(1))].into();
    change.groups_added = [GroupId(Uuid::from_u128(2)), GroupId(Uuid::from_u128(3))].into();
    let outcome = SqliteStore::commit_in(&mut transaction, &change).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    let inside =
        SqliteStore::load_in(&mut transaction, &SnapshotQuery::user(UserId(1))).await.unwrap().unwrap();
    assert_eq!((inside.user.name.as_str(), inside.user.groups.len()), ("Somebody", 1));

    change.groups_added.clear();
    assert_eq!(SqliteStore::commit_in(&mut transaction, &change).await.unwrap(), CommitOutcome::Applied);
    transaction.commit().await.unwrap();
    let after = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().unwrap();
    assert_eq!((after.user.name.as_str(), after.user.groups.len()), ("renamed", 0));
}

#[tokio::test]
async fn without_a_transaction_it_is_refused() {
    let database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let refused = SqliteStore::commit_in(&mut connection, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    assert_eq!(name(&database).await, "Somebody");
}

#[tokio::test]
async fn a_transaction_that_has_read_too_early_is_stale() {
    let database = prepared().await;
    let mut early = database.pool().begin().await.unwrap();
    let query = SnapshotQuery::user(UserId(1));
    SqliteStore::load_in(&mut early, &query).await.unwrap();
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    let outcome = SqliteStore::commit_in(&mut early, &rename(&user(1), 2)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
}
