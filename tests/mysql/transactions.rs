//! Updates inside a transaction of the host's.

use std::time::Duration;

use sqlx::Executor;
use userbook::{ChangeSet, CommitOutcome, Outbox, SnapshotQuery, StoreErrorKind, UserId, UserStore};
use userbook_sqlx::{MySqlStore, mysql::BEGIN};
use userbook_tests::{
    rows::{group, prepared, rename, user},
    servers::mariadb::Database,
};

async fn name(database: &Database) -> String {
    database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().unwrap().user.name
}

#[tokio::test]
async fn the_host_decides_whether_it_stays() {
    let database: Database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin_with(BEGIN).await.unwrap();
        let query = SnapshotQuery::user(UserId(1));
        let before = MySqlStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
        let outcome = MySqlStore::commit_in(&mut transaction, &rename(&before.user, n)).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        let inside = MySqlStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
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
    let database: Database = prepared().await;
    let mut transaction = database.pool().begin_with(BEGIN).await.unwrap();
    let with = |n: u128| ChangeSet { groups_added: [group(2).id, group(n).id].into(), ..rename(&user(1), 1) };
    let outcome = MySqlStore::commit_in(&mut transaction, &with(8)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);

    // A failure of a statement: an event of this id is there already.
    MySqlStore::commit_in(&mut transaction, &rename(&user(2), 7)).await.unwrap();
    let failed = MySqlStore::commit_in(&mut transaction, &rename(&user(1), 7)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Other);

    let query = SnapshotQuery::user(UserId(1));
    let inside = MySqlStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
    assert_eq!(inside.user, user(1));
    assert_eq!(
        MySqlStore::commit_in(&mut transaction, &rename(&user(3), 3)).await.unwrap(),
        CommitOutcome::Applied
    );
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn without_a_transaction_it_is_refused() {
    let database: Database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let refused = MySqlStore::commit_in(&mut connection, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    assert_eq!(name(&database).await, "Somebody");
}

#[tokio::test]
async fn a_transaction_of_an_older_state_is_stale() {
    let database: Database = prepared().await;
    // As the server has it unless told otherwise: REPEATABLE READ.
    let mut early = database.pool().begin().await.unwrap();
    let query = SnapshotQuery::user(UserId(1));
    let before = MySqlStore::load_in(&mut early, &query).await.unwrap().unwrap();
    database.store.commit(&rename(&before.user, 1)).await.unwrap();
    let again = MySqlStore::load_in(&mut early, &query).await.unwrap().unwrap();
    assert_eq!(again.user, before.user, "the transaction sees what was");
    let outcome = MySqlStore::commit_in(&mut early, &rename(&before.user, 2)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    early.rollback().await.unwrap();
}

/// A deadlock undoes the host's transaction as a whole. An outcome would let the host go on, and commit the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_a_failure_of_the_transaction() {
    let database: Database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    // The one that has written more is not the one to be ended.
    other.execute("UPDATE userbook_user SET version = 5 WHERE id IN (1, 2)").await.unwrap();
    let mut mine = database.pool().begin_with(BEGIN).await.unwrap();
    mine.execute("SELECT id FROM userbook_user WHERE id = 3 FOR UPDATE").await.unwrap();
    let waits = tokio::spawn(async move {
        other.execute("UPDATE userbook_user SET version = 5 WHERE id = 3").await.unwrap();
        other.rollback().await.unwrap();
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let failed = MySqlStore::commit_in(&mut mine, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Transient);
    drop(mine);
    waits.await.unwrap();
    assert_eq!(database.store.commit(&rename(&user(1), 1)).await.unwrap(), CommitOutcome::Applied);
}
