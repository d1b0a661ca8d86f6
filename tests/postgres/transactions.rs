//! Writes inside a transaction of the host.

use sqlx::Executor as _;
use userbook::{
    Group, User, UserId, UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, EpochGuard, Guards, ImportData, ImportOutcome,
        MemberChange, Outbox, ProvisioningChange, ProvisioningOp, SnapshotQuery, StoreErrorKind,
    },
};
use userbook_conformance::Harness as _;
use userbook_sqlx::{PostgresStore, postgres::pool_options};
use userbook_tests::{
    dropped::{commits_after_dropped_operations_last, no_commit_after_a_dropped_one_loses_writes},
    references::{
        deletions_are_rejected_while_rows_of_the_host_refer, statements_of_the_host_renew_the_revision,
    },
    servers::postgres::Database,
    text_keys::{claims_find_users_by_address, text_keys_refer_to_users},
};

use userbook_tests::rows::{NINE, group, prepared_rows, rename, user};

use crate::prepared;

async fn name(database: &Database) -> String {
    database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap().name
}

async fn ann_in(connection: &mut sqlx::PgConnection) -> User {
    PostgresStore::load_in(connection, &SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap()
}

/// Creates a group with ann as member, decided on the state that the connection sees.
async fn group_write(connection: &mut sqlx::PgConnection, n: u128) -> ProvisioningChange {
    let epochs =
        PostgresStore::load_directory_in(connection, &DirectoryQuery::default()).await.unwrap().epochs;
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
    let database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin().await.unwrap();
        let change = rename(&ann_in(&mut transaction).await, n);
        let outcome = PostgresStore::commit_in(&mut transaction, &change).await.unwrap();
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
    let database = prepared().await;
    let mut transaction = database.pool().begin().await.unwrap();
    let with = |n: u128| ChangeSet { groups_added: [group(2).id, group(n).id].into(), ..rename(&user(1), 1) };
    let outcome = PostgresStore::commit_in(&mut transaction, &with(8)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict);

    // A failing statement: an event with this id exists already.
    PostgresStore::commit_in(&mut transaction, &rename(&user(2), 7)).await.unwrap();
    let failed = PostgresStore::commit_in(&mut transaction, &rename(&user(1), 7)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Other);

    assert_eq!(ann_in(&mut transaction).await, user(1));
    // Other writers do not wait for a rejected change.
    assert_eq!(database.store.commit(&rename(&user(1), 2)).await.unwrap(), CommitOutcome::Applied);
    assert_eq!(
        PostgresStore::commit_in(&mut transaction, &rename(&user(3), 3)).await.unwrap(),
        CommitOutcome::Applied
    );
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 3);
}

#[tokio::test]
async fn write_outside_a_transaction_fails() {
    let database = prepared().await;
    let mut connection = database.pool().acquire().await.unwrap();
    let refused = PostgresStore::commit_in(&mut connection, &rename(&user(1), 1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    let change = group_write(&mut connection, 1).await;
    let refused = PostgresStore::provision_in(&mut connection, &change).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Other);
    assert_eq!(name(&database).await, "Original");
}

#[tokio::test]
async fn transaction_with_an_outdated_snapshot_conflicts() {
    let database = prepared().await;
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let begin = sqlx::AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {level}"));
        let mut early = database.pool().begin_with(begin).await.unwrap();
        let before = ann_in(&mut early).await;
        let n = u128::from(before.version);
        let members = group_write(&mut early, 30 + n).await;
        database.store.commit(&rename(&before, 10 + n)).await.unwrap();
        let outcome = PostgresStore::commit_in(&mut early, &rename(&before, 20 + n)).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Conflict, "{level}");
        let outcome = PostgresStore::provision_in(&mut early, &members).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Conflict, "{level}");
        early.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn group_write_is_part_of_the_transaction() {
    let database = prepared().await;
    for (n, keep) in [(1, false), (2, true)] {
        let mut transaction = database.pool().begin().await.unwrap();
        let change = group_write(&mut transaction, n).await;
        let outcome = PostgresStore::provision_in(&mut transaction, &change).await.unwrap();
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
    let database = prepared().await;
    let mut transaction = database.pool().begin().await.unwrap();
    let before = ann_in(&mut transaction).await;
    let good = group_write(&mut transaction, 1).await;
    let taken = ProvisioningOp::PutGroup(Box::new(Group { name: group(3).name, ..group(1) }));
    // Group 1 has a member that the change does not name.
    let forgotten = ProvisioningOp::DeleteGroup(group(1).id);
    for refused in [
        ProvisioningChange { op: taken, ..good.clone() },
        ProvisioningChange { op: forgotten, members: vec![], ..good.clone() },
    ] {
        let outcome = PostgresStore::provision_in(&mut transaction, &refused).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Conflict, "{:?}", refused.op);
        assert_eq!(ann_in(&mut transaction).await, before);
    }
    assert_eq!(PostgresStore::provision_in(&mut transaction, &good).await.unwrap(), CommitOutcome::Applied);
    transaction.commit().await.unwrap();
    assert_eq!(database.store.pending(NINE).await.unwrap().len(), 2);
}

#[tokio::test]
async fn rows_of_the_host_reject_deletions() {
    let database = prepared().await;
    let execute = async |sql: String| {
        database.pool().execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    };
    deletions_are_rejected_while_rows_of_the_host_refer(database.store.as_ref(), "uuid", execute).await;
}

#[tokio::test]
async fn writes_of_the_host_renew_revisions() {
    let database = prepared().await;
    let execute = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
    };
    let trigger = userbook_sqlx::postgres::REVISION_TRIGGER;
    statements_of_the_host_renew_the_revision(database.store.as_ref(), trigger, execute).await;
}

#[tokio::test]
async fn text_keys_of_the_host_refer_to_users() {
    let database = prepared().await;
    let adopt = "ALTER TABLE accounts
        ADD COLUMN user_uuid uuid NOT NULL GENERATED ALWAYS AS (id::uuid) STORED UNIQUE
            REFERENCES userbook_user (uuid) ON DELETE CASCADE,
        DROP COLUMN email";
    let execute = async |sql: String| database.pool().execute(sqlx::AssertSqlSafe(sql)).await.is_ok();
    text_keys_refer_to_users(database.store.as_ref(), adopt, execute).await;
}

#[tokio::test]
async fn statements_of_the_host_find_users_by_address() {
    claims_find_users_by_address(prepared().await.store.as_ref()).await;
}

/// The guide "Adopt Userbook" imports and alters tables of the host in one transaction.
#[tokio::test]
async fn import_and_tables_of_the_host_are_committed_together() {
    let database: Database = Database::with(&ImportData::default()).await;
    let rows = prepared_rows();
    for commits in [false, true] {
        let mut transaction = database.store.begin_import().await.unwrap();
        let outcome = PostgresStore::import_in(&mut transaction, &rows).await.unwrap();
        assert_eq!(outcome, ImportOutcome::Imported);
        transaction.execute("CREATE TABLE accounts (id int)").await.unwrap();
        if commits {
            transaction.commit().await.unwrap();
        }
    }
    let mut again = database.store.begin_import().await.unwrap();
    let outcome = PostgresStore::import_in(&mut again, &rows).await.unwrap();
    assert_eq!(outcome, ImportOutcome::NotEmpty);
}

#[tokio::test]
async fn commits_after_dropped_operations_last_too() {
    let database: Database = prepared().await;
    let pool = pool_options().max_connections(1).connect_with(database.options()).await.unwrap();
    let single = PostgresStore::new(pool);
    commits_after_dropped_operations_last(&single, &database.store).await;
    no_commit_after_a_dropped_one_loses_writes(&single, &database.store).await;
}
