//! Writes inside a transaction of the host.

use userbook::{
    Group, GroupId, User, UserId, UserStore,
    store::{
        CommitOutcome, DirectoryQuery, EpochGuard, Guards, ImportData, MemberChange, Outbox,
        ProvisioningChange, ProvisioningOp, SnapshotQuery, StoreErrorKind,
    },
};
use userbook_sqlx::SqliteStore;
use uuid::Uuid;

use crate::database::{Database, NINE, group, rename, user};

async fn prepared() -> Database {
    let ann = User { groups: [GroupId(Uuid::from_u128(1))].into(), ..user(1) };
    Database::with(&ImportData {
        groups: vec![group(1), group(2)],
        users: vec![ann],
        ..ImportData::default()
    })
    .await
}

async fn name(database: &Database) -> String {
    database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap().name
}

async fn ann_in(connection: &mut sqlx::SqliteConnection) -> User {
    SqliteStore::load_in(connection, &SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap()
}

/// Renames a group and removes ann, decided on the state that the connection sees.
async fn group_write(connection: &mut sqlx::SqliteConnection, n: u128) -> ProvisioningChange {
    let epochs = SqliteStore::load_directory_in(connection, &DirectoryQuery::default()).await.unwrap().epochs;
    let change = rename(&ann_in(connection).await, n);
    let leaves = MemberChange {
        user: change.user,
        expected: change.expected,
        change: change.change,
        version: change.version,
        joins: false,
        event: change.event,
    };
    ProvisioningChange {
        op: ProvisioningOp::PutGroup(Box::new(Group { name: "renamed".to_owned(), ..group(1) })),
        members: vec![leaves],
        has_reserved_id: false,
        sets_external_ids: false,
        guards: Guards { graph: Some(EpochGuard::bump(epochs.graph)), ..Guards::default() },
        event: rename(&user(1), n + 100).event,
    }
}

#[tokio::test]
async fn host_commits_or_rolls_back_the_write() {
    let database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        let change = rename(&ann_in(&mut transaction).await, n);
        let outcome = SqliteStore::commit_in(&mut transaction, &change).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        assert_eq!(ann_in(&mut transaction).await.name, "renamed");
        assert_eq!(name(&database).await, "Original", "no other connection sees it yet");
        if keep {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
    }
    assert_eq!(name(&database).await, "renamed");
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 1);
}

#[tokio::test]
async fn rejected_update_writes_nothing_and_keeps_the_transaction() {
    let database = prepared().await;
    let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let mut change = rename(&user(1), 1);
    change.groups_removed = [GroupId(Uuid::from_u128(1))].into();
    change.groups_added = [GroupId(Uuid::from_u128(2)), GroupId(Uuid::from_u128(3))].into();
    let outcome = SqliteStore::commit_in(&mut transaction, &change).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    let inside = ann_in(&mut transaction).await;
    assert_eq!((inside.name.as_str(), inside.groups.len()), ("Original", 1));

    change.groups_added.clear();
    assert_eq!(SqliteStore::commit_in(&mut transaction, &change).await.unwrap(), CommitOutcome::Applied);
    transaction.commit().await.unwrap();
    let after = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
    assert_eq!((after.name.as_str(), after.groups.len()), ("renamed", 0));
}

#[tokio::test]
async fn write_outside_a_transaction_fails() {
    let database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let refused = SqliteStore::commit_in(&mut connection, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    let change = group_write(&mut connection, 1).await;
    let refused = SqliteStore::provision_in(&mut connection, &change).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    assert_eq!(name(&database).await, "Original");
}

#[tokio::test]
async fn transaction_with_an_outdated_snapshot_conflicts() {
    let database = prepared().await;
    let mut early = database.pool().begin().await.unwrap();
    let query = SnapshotQuery::user(UserId(1));
    SqliteStore::load_in(&mut early, &query).await.unwrap();
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    let change = group_write(&mut early, 3).await;
    let outcome = SqliteStore::commit_in(&mut early, &rename(&user(1), 2)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    let outcome = SqliteStore::provision_in(&mut early, &change).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
}

#[tokio::test]
async fn group_write_is_part_of_the_transaction() {
    let database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        let change = group_write(&mut transaction, n).await;
        let outcome = SqliteStore::provision_in(&mut transaction, &change).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        assert_eq!(ann_in(&mut transaction).await.groups.len(), 0);
        assert_eq!(database.store.pending(NINE).await.unwrap().len(), 0);
        if keep {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
    }
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 2);
}

#[tokio::test]
async fn rejected_group_write_writes_nothing_and_keeps_the_transaction() {
    let database = prepared().await;
    let mut transaction = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let before = ann_in(&mut transaction).await;
    let good = group_write(&mut transaction, 1).await;
    let taken = ProvisioningOp::PutGroup(Box::new(Group { name: group(2).name, ..group(1) }));
    let forgotten = ProvisioningOp::DeleteGroup(group(1).id);
    for refused in [
        ProvisioningChange { op: taken, ..good.clone() },
        ProvisioningChange { op: forgotten, members: vec![], ..good.clone() },
    ] {
        let outcome = SqliteStore::provision_in(&mut transaction, &refused).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Conflict, "{:?}", refused.op);
        assert_eq!(ann_in(&mut transaction).await, before);
    }
    assert_eq!(SqliteStore::provision_in(&mut transaction, &good).await.unwrap(), CommitOutcome::Applied);
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 2);
}
