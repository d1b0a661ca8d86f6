//! Updates inside a transaction of the host's.

use userbook::{ChangeSet, CommitOutcome, Outbox, SnapshotQuery, StoreErrorKind, UserId, UserStore};
use userbook_sqlx::PostgresStore;
use userbook_tests::servers::postgres::Database;

use userbook_tests::rows::{group, rename, user};

use crate::prepared;

async fn name(database: &Database) -> String {
    database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().unwrap().user.name
}

#[tokio::test]
async fn the_host_decides_whether_it_stays() {
    let database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin().await.unwrap();
        let query = SnapshotQuery::user(UserId(1));
        let before = PostgresStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
        let outcome = PostgresStore::commit_in(&mut transaction, &rename(&before.user, n)).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        let inside = PostgresStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
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
    let mut transaction = database.pool().begin().await.unwrap();
    let with = |n: u128| ChangeSet { groups_added: [group(2).id, group(n).id].into(), ..rename(&user(1), 1) };
    let outcome = PostgresStore::commit_in(&mut transaction, &with(8)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);

    // A failure of the statement itself: an event of this id is there already.
    PostgresStore::commit_in(&mut transaction, &rename(&user(2), 7)).await.unwrap();
    let failed = PostgresStore::commit_in(&mut transaction, &rename(&user(1), 7)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Other);

    let query = SnapshotQuery::user(UserId(1));
    let inside = PostgresStore::load_in(&mut transaction, &query).await.unwrap().unwrap();
    assert_eq!(inside.user, user(1));
    // Nobody else has to wait for what was not applied.
    assert_eq!(database.store.commit(&rename(&user(1), 2)).await.unwrap(), CommitOutcome::Applied);
    assert_eq!(
        PostgresStore::commit_in(&mut transaction, &rename(&user(3), 3)).await.unwrap(),
        CommitOutcome::Applied
    );
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn without_a_transaction_it_is_refused() {
    let database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let refused = PostgresStore::commit_in(&mut connection, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    assert_eq!(name(&database).await, "Somebody");
}

#[tokio::test]
async fn a_transaction_of_an_older_state_is_stale() {
    let database = prepared().await;
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let begin = sqlx::AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {level}"));
        let mut early = database.pool().begin_with(begin).await.unwrap();
        let query = SnapshotQuery::user(UserId(1));
        let before = PostgresStore::load_in(&mut early, &query).await.unwrap().unwrap();
        let n = u128::from(before.user.version);
        database.store.commit(&rename(&before.user, 10 + n)).await.unwrap();
        let outcome = PostgresStore::commit_in(&mut early, &rename(&before.user, 20 + n)).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Conflict, "{level}");
        early.rollback().await.unwrap();
    }
}
