//! Writes inside a transaction of the host.

use std::time::Duration;

use sqlx::Executor;
use userbook::{
    Group, User, UserId, UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, EpochGuard, Guards, ImportData, ImportOutcome,
        MemberChange, Outbox, ProvisioningChange, ProvisioningOp, SnapshotQuery, StoreErrorKind,
    },
};
use userbook_conformance::Harness as _;
use userbook_sqlx::{
    MySqlStore,
    mysql::{BEGIN, pool_options},
};
use userbook_tests::{
    dropped::commits_after_dropped_operations_last,
    references::{
        deletions_are_rejected_while_rows_of_the_host_refer, statements_of_the_host_renew_the_revision,
    },
    rows::{NINE, group, prepared, prepared_rows, rename, user},
    servers::mariadb::Database,
    text_keys::{claims_find_users_by_address, text_keys_refer_to_users},
};

async fn name(database: &Database) -> String {
    database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap().name
}

async fn ann_in(connection: &mut sqlx::MySqlConnection) -> User {
    MySqlStore::load_in(connection, &SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap()
}

/// Creates a group with ann as member, decided on the state that the connection sees.
async fn group_write(connection: &mut sqlx::MySqlConnection, n: u128) -> ProvisioningChange {
    let epochs = MySqlStore::load_directory_in(connection, &DirectoryQuery::default()).await.unwrap().epochs;
    let change = rename(&ann_in(connection).await, n);
    let joins = MemberChange {
        user: change.user,
        expected: change.expected,
        change: change.change,
        version: change.version,
        joins: true,
        event: change.event,
    };
    ProvisioningChange {
        op: ProvisioningOp::PutGroup(Box::new(Group { name: "renamed".to_owned(), ..group(1) })),
        members: vec![joins],
        has_reserved_id: false,
        sets_external_ids: false,
        guards: Guards { graph: Some(EpochGuard::bump(epochs.graph)), ..Guards::default() },
        event: rename(&user(1), n + 100).event,
    }
}

#[tokio::test]
async fn host_commits_or_rolls_back_the_write() {
    let database: Database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin_with(BEGIN).await.unwrap();
        let change = rename(&ann_in(&mut transaction).await, n);
        let outcome = MySqlStore::commit_in(&mut transaction, &change).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        assert_eq!(ann_in(&mut transaction).await.name, "renamed");
        assert_eq!(name(&database).await, "Original", "other connections do not see the write yet");
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
    let database: Database = prepared().await;
    let mut transaction = database.pool().begin_with(BEGIN).await.unwrap();
    let with = |n: u128| ChangeSet { groups_added: [group(2).id, group(n).id].into(), ..rename(&user(1), 1) };
    let outcome = MySqlStore::commit_in(&mut transaction, &with(8)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);

    // A failing statement: an event with this id exists already.
    MySqlStore::commit_in(&mut transaction, &rename(&user(2), 7)).await.unwrap();
    let failed = MySqlStore::commit_in(&mut transaction, &rename(&user(1), 7)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Other);

    assert_eq!(ann_in(&mut transaction).await, user(1));
    assert_eq!(
        MySqlStore::commit_in(&mut transaction, &rename(&user(3), 3)).await.unwrap(),
        CommitOutcome::Applied
    );
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 2);
}

#[tokio::test]
async fn write_outside_a_transaction_fails() {
    let database: Database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let refused = MySqlStore::commit_in(&mut connection, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    let change = group_write(&mut connection, 1).await;
    let refused = MySqlStore::provision_in(&mut connection, &change).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    assert_eq!(name(&database).await, "Original");
}

#[tokio::test]
async fn transaction_with_an_outdated_snapshot_conflicts() {
    let database: Database = prepared().await;
    // The server's default is REPEATABLE READ.
    let mut early = database.pool().begin().await.unwrap();
    let before = ann_in(&mut early).await;
    let members = group_write(&mut early, 3).await;
    database.store.commit(&rename(&before, 1)).await.unwrap();
    assert_eq!(ann_in(&mut early).await, before, "the transaction sees the old state");
    let outcome = MySqlStore::provision_in(&mut early, &members).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    let outcome = MySqlStore::commit_in(&mut early, &rename(&before, 2)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);
    early.rollback().await.unwrap();
}

/// A deadlock rolls back the host's whole transaction. An outcome instead of an error would let the host commit the
/// rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlock_fails_the_transaction() {
    let database: Database = prepared().await;
    let mut other = database.pool().begin().await.unwrap();
    // The transaction with more writes is not chosen as the victim.
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

#[tokio::test]
async fn group_write_is_part_of_the_transaction() {
    let database: Database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin_with(BEGIN).await.unwrap();
        let change = group_write(&mut transaction, n).await;
        let outcome = MySqlStore::provision_in(&mut transaction, &change).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Applied);
        assert_eq!(ann_in(&mut transaction).await.groups.len(), 1);
        assert_eq!(database.store.pending(NINE).await.unwrap(), []);
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
    let database: Database = prepared().await;
    let mut transaction = database.pool().begin_with(BEGIN).await.unwrap();
    let before = ann_in(&mut transaction).await;
    let good = group_write(&mut transaction, 1).await;
    let taken = ProvisioningOp::PutGroup(Box::new(Group { name: group(3).name, ..group(1) }));
    // Group 1 has a member that the change does not name.
    let forgotten = ProvisioningOp::DeleteGroup(group(1).id);
    for refused in [
        ProvisioningChange { op: taken, ..good.clone() },
        ProvisioningChange { op: forgotten, members: vec![], ..good.clone() },
    ] {
        let outcome = MySqlStore::provision_in(&mut transaction, &refused).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Conflict, "{:?}", refused.op);
        assert_eq!(ann_in(&mut transaction).await, before);
    }
    assert_eq!(MySqlStore::provision_in(&mut transaction, &good).await.unwrap(), CommitOutcome::Applied);
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 2);
}

#[tokio::test]
async fn rows_of_the_host_reject_deletions() {
    let database: Database = prepared().await;
    let execute = async |sql: String| {
        database.pool().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    };
    deletions_are_rejected_while_rows_of_the_host_refer(database.store.as_ref(), "BINARY(16)", execute).await;
}

#[tokio::test]
async fn writes_of_the_host_renew_revisions() {
    let database: Database = prepared().await;
    let execute = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
    };
    let trigger = userbook_sqlx::mysql::REVISION_TRIGGER;
    statements_of_the_host_renew_the_revision(database.store.as_ref(), trigger, execute).await;
}

#[tokio::test]
async fn text_keys_of_the_host_refer_to_users() {
    let database: Database = prepared().await;
    let adopt = "ALTER TABLE accounts
        ADD COLUMN user_uuid BINARY(16) AS (UNHEX(REPLACE(id, '-', ''))) STORED,
        ADD CONSTRAINT accounts_is_user CHECK (user_uuid IS NOT NULL),
        ADD UNIQUE KEY accounts_user (user_uuid),
        ADD CONSTRAINT accounts_of_user FOREIGN KEY (user_uuid) REFERENCES userbook_user (uuid) ON DELETE CASCADE,
        DROP COLUMN email";
    let execute = async |sql: String| database.pool().execute(sqlx::AssertSqlSafe(sql)).await.is_ok();
    text_keys_refer_to_users(database.store.as_ref(), adopt, execute).await;
}

#[tokio::test]
async fn statements_of_the_host_find_users_by_address() {
    let database: Database = prepared().await;
    claims_find_users_by_address(database.store.as_ref()).await;
}

/// The guide "Adopt Userbook" imports before it alters tables of the host.
#[tokio::test]
async fn statement_that_alters_a_table_commits_the_import() {
    let database: Database = Database::with(&ImportData::default()).await;
    let mut transaction = database.store.begin_import().await.unwrap();
    let rows = prepared_rows();
    let outcome = MySqlStore::import_in(&mut transaction, &rows).await.unwrap();
    assert_eq!(outcome, ImportOutcome::Imported);
    transaction.execute("CREATE TABLE accounts (id INT)").await.unwrap();
    // The connection is not in a transaction any more.
    drop(transaction);
    let mut again = database.store.begin_import().await.unwrap();
    let outcome = MySqlStore::import_in(&mut again, &rows).await.unwrap();
    assert_eq!(outcome, ImportOutcome::NotEmpty);
}

#[tokio::test]
async fn commits_after_dropped_operations_last_too() {
    let database: Database = prepared().await;
    let pool = pool_options().max_connections(1).connect_with(database.options()).await.unwrap();
    commits_after_dropped_operations_last(&MySqlStore::new(pool), &database.store).await;
}
