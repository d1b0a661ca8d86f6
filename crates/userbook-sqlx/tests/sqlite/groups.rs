//! Writes that arrive at once share a transaction.

use std::{collections::BTreeMap, future::poll_fn, sync::Arc, task::Poll};

use futures_util::future::join_all;
use userbook::{
    UserId, UserStore,
    field::Username,
    store::{
        ChangeSet, CommitOutcome, FieldChanges, ImportData, Outbox, OutboxLimit, ProvisioningChange,
        ProvisioningOp, ProvisioningStore, SnapshotQuery, StoreErrorKind,
    },
};

use crate::database::{Database, group, rename, user};

const ALL: OutboxLimit = OutboxLimit { events: 1000, bytes: u64::MAX };

async fn prepared(users: i64) -> Database {
    let rows = ImportData { users: (1..=users).map(user).collect(), ..ImportData::default() };
    let database = Database::with(&rows).await;
    // The log then has the frames of the test only.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(database.pool()).await.unwrap();
    database
}

fn named(change: ChangeSet, name: &str) -> ChangeSet {
    let username = Some(Username::parse(name).unwrap());
    ChangeSet { fields: FieldChanges { username, ..FieldChanges::default() }, ..change }
}

/// The number of transactions in the log: each ends with a frame that has the size of the database,
/// <https://www.sqlite.org/fileformat2.html#walformat>.
fn transactions(database: &Database) -> usize {
    let log = std::fs::read(database.folder.path().join("users.db-wal")).unwrap();
    let number = |at: usize| u32::from_be_bytes(*log.get(at..).unwrap().first_chunk().unwrap());
    let (page, salts) = (number(8) as usize, [number(16), number(20)]);
    let frames = (32..log.len()).step_by(24 + page);
    frames.filter(|&at| number(at + 4) != 0 && [number(at + 8), number(at + 12)] == salts).count()
}

/// On one thread the first caller writes while all others arrive.
#[tokio::test]
async fn writes_that_arrive_during_a_commit_share_the_next() {
    let database = prepared(20).await;
    let changes: Vec<_> = (1..=20).map(|id| rename(&user(id), id.unsigned_abs().into())).collect();
    let outcomes = join_all(changes.iter().map(|change| database.store.commit(change))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(CommitOutcome::Applied))), "{outcomes:?}");
    assert_eq!(transactions(&database), 2, "one of the first, one of all others");
    let events = database.store.pending(ALL).await.unwrap();
    assert_eq!(events.len(), 20);
    for id in 1..=20 {
        let user = database.store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap();
        assert_eq!((user.name.as_str(), user.version), ("renamed", 1));
    }
}

#[tokio::test]
async fn a_refused_or_failed_write_leaves_no_trace_in_the_others() {
    use CommitOutcome::{Applied, Conflict, Gone};
    for with_failure in [false, true] {
        let database = prepared(9).await;
        let mut late = rename(&user(3), 3);
        late.expected = userbook::Revision(uuid::Uuid::from_u128(77));
        // The id of the first change's event exists already: nothing that a service does.
        let event = rename(&user(9), 1).event;
        let failing = ChangeSet { event, ..rename(&user(9), 9) };
        let mut joining = rename(&user(6), 6);
        joining.groups_added = [group(1).id].into();
        let mut cases = vec![
            (rename(&user(1), 1), Some(Applied)),
            (rename(&user(2), 2), Some(Applied)),
            (late, Some(Conflict)),
            (rename(&user(99), 4), Some(Gone)),
            (named(rename(&user(5), 5), "user 7"), Some(Conflict)),
            // A missing group.
            (joining, Some(Conflict)),
            (named(rename(&user(7), 7), "seven"), Some(Applied)),
            // The name that is free now.
            (named(rename(&user(8), 8), "user 7"), Some(Applied)),
        ];
        if with_failure {
            cases.insert(4, (failing, None));
        }
        let outcomes = join_all(cases.iter().map(|(change, _)| database.store.commit(change))).await;
        let mut applied = BTreeMap::new();
        for (outcome, (change, expected)) in outcomes.into_iter().zip(&cases) {
            assert_eq!(outcome.ok(), *expected, "user {}", change.user);
            applied.insert(change.user.0, *expected == Some(Applied));
        }
        let events = database.store.pending(ALL).await.unwrap();
        assert_eq!(events.len(), 4);
        for (id, applied) in applied.into_iter().filter(|(id, _)| *id < 10) {
            let user = database.store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap();
            assert_eq!(user.version, u64::from(applied), "user {id}");
        }
        assert_eq!(transactions(&database), if with_failure { 4 } else { 2 });
    }
}

#[tokio::test]
async fn changes_of_the_directory_and_acknowledgements_are_part_of_a_group() {
    let database = prepared(3).await;
    let before = rename(&user(3), 3);
    database.store.commit(&before).await.unwrap();
    let transactions_before = transactions(&database);
    let insert = ProvisioningChange {
        op: ProvisioningOp::InsertUser(Box::new(user(4))),
        members: vec![],
        has_reserved_id: false,
        sets_external_ids: false,
        guards: userbook::store::Guards::default(),
        event: rename(&user(4), 4).event,
    };
    let [one, two] = [1, 2].map(|id| rename(&user(id), id.unsigned_abs().into()));
    let acknowledged = [before.event.id];
    let (one, two, insert, ack) = tokio::join!(
        database.store.commit(&one),
        database.store.commit(&two),
        database.store.provision(&insert),
        database.store.ack(&acknowledged),
    );
    for outcome in [one, two, insert] {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    ack.unwrap();
    assert_eq!(transactions(&database), transactions_before + 2);
    assert_eq!(database.store.pending(ALL).await.unwrap().len(), 3);
}

/// A caller who is dropped, also the one who writes, affects no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_callers_affect_no_other() {
    let database = prepared(40).await;
    for round in 0..10_u128 {
        let mut tasks = Vec::new();
        for id in 1..=40 {
            let store = Arc::clone(&database.store);
            tasks.push(tokio::spawn(async move {
                let user = store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap();
                store.commit(&rename(&user, 100 * round + u128::from(id.unsigned_abs()))).await.unwrap()
            }));
            if id % 5 == 0 {
                tokio::task::yield_now().await;
            }
        }
        for (n, task) in tasks.iter().enumerate().filter(|(n, _)| n % 4 == 0) {
            if n % 8 == 0 {
                tokio::task::yield_now().await;
            }
            task.abort();
        }
        for (n, task) in tasks.into_iter().enumerate() {
            match task.await {
                Ok(outcome) => assert_eq!(outcome, CommitOutcome::Applied),
                Err(error) => assert!(error.is_cancelled() && n % 4 == 0, "{error}"),
            }
        }
    }
    // Each event belongs to a version, also those of dropped callers.
    let events = database.store.pending(ALL).await.unwrap();
    for id in 1..=40 {
        let user = database.store.load(&SnapshotQuery::user(UserId(id))).await.unwrap().user.unwrap();
        let target = userbook::event::EventTarget::User(UserId(id));
        let written = events.iter().filter(|event| event.target == target).count();
        assert_eq!(written as u64, user.version, "user {id}");
    }
}

/// Those who wait fail together: one wait for the lock, not one each.
#[tokio::test]
async fn a_locked_database_fails_a_group_at_once() {
    let database = prepared(9).await;
    let impatient =
        crate::database::options(&database.folder).busy_timeout(std::time::Duration::from_millis(20));
    let store = userbook_sqlx::SqliteStore::new(crate::database::pool(impatient).await);
    let writer = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let changes: Vec<_> = (1..=9).map(|id| rename(&user(id), id.unsigned_abs().into())).collect();
    for outcome in join_all(changes.iter().map(|change| store.commit(change))).await {
        assert_eq!(outcome.unwrap_err().kind, StoreErrorKind::Transient);
    }
    writer.rollback().await.unwrap();
    assert_eq!(store.commit(&rename(&user(1), 10)).await.unwrap(), CommitOutcome::Applied);
}

/// A caller may keep the future of a write without polling it, in the body of a loop over a stream for example.
#[tokio::test]
async fn a_write_that_is_not_polled_ends_the_wait_of_others() {
    let database = prepared(2).await;
    let lock = database.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (first, second) = (rename(&user(1), 1), rename(&user(2), 2));
    let mut leader = Box::pin(database.store.commit(&first));
    let is_pending = poll_fn(|context| Poll::Ready(leader.as_mut().poll(context).is_pending())).await;
    assert!(is_pending, "it waits for the lock");
    tokio::time::pause();
    assert_eq!(database.store.commit(&second).await.unwrap_err().kind, StoreErrorKind::Transient);
    tokio::time::resume();
    lock.rollback().await.unwrap();
    assert_eq!(leader.await.unwrap(), CommitOutcome::Applied);
    assert_eq!(database.store.commit(&second).await.unwrap(), CommitOutcome::Applied);
}

#[tokio::test]
async fn a_closed_pool_closes_the_writer() {
    let database = prepared(2).await;
    database.store.commit(&rename(&user(1), 1)).await.unwrap();
    database.pool().close().await;
    assert_eq!(database.store.commit(&rename(&user(2), 2)).await.unwrap_err().kind, StoreErrorKind::Other);
    // The last connection that is closed removes the log.
    let log = database.folder.path().join("users.db-wal");
    while log.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
