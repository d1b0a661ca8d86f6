//! Counts the commands of an update, so that the number cannot grow unnoticed. sqlx traces each command except `BEGIN`
//! and `COMMIT`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use tracing::{Event, Metadata, Subscriber, span};
use userbook::{
    UserId, UserStore,
    store::{ProvisioningStore, SnapshotQuery},
};

#[path = "sqlite/database.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod database;
use database::{Database, group, rename, user};

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {
        STATEMENTS.fetch_add(1, Ordering::SeqCst);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Returns the number of statements that the connections' threads have traced since the last call. Waits until it is
/// the expected one, because the threads trace after they have answered.
async fn count(expected: usize) -> usize {
    count_after(expected, Duration::from_millis(50)).await
}

/// Forgets what was traced, at least this many statements.
async fn forget(expected: usize) {
    count_after(expected, Duration::from_millis(500)).await;
}

/// Waits for at least this many statements, and until no more follow for some time.
async fn count_after(expected: usize, quiet: Duration) -> usize {
    let start = Instant::now();
    loop {
        let before = STATEMENTS.load(Ordering::SeqCst);
        tokio::time::sleep(quiet).await;
        let now = STATEMENTS.load(Ordering::SeqCst);
        if (now >= expected && now == before) || start.elapsed() > Duration::from_mins(1) {
            return STATEMENTS.swap(0, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn load_takes_one_statement_and_commit_takes_few() {
    tracing::subscriber::set_global_default(Counter).unwrap();
    let groups = vec![group(1), group(2), group(3)];
    let rows = userbook::store::ImportData {
        groups,
        users: vec![user(1)],
        ..userbook::store::ImportData::default()
    };
    let database = Database::with(&rows).await;
    // Opens the writer's connection.
    database.store.commit(&rename(&user(2), 99)).await.unwrap();
    forget(1).await;

    let everything = SnapshotQuery {
        username: Some("ann".to_owned()),
        groups: [group(1).id].into(),
        actor: Some(UserId(2)),
        other_superusers: true,
        change: Some(rename(&user(1), 1).change),
        ..SnapshotQuery::user(UserId(1))
    };
    let facts = database.store.load(&everything).await.unwrap();
    assert_eq!(count(1).await, 1, "a load");

    let mut change = rename(facts.user.as_ref().unwrap(), 1);
    database.store.commit(&change).await.unwrap();
    assert_eq!(count(1).await, 1, "the row and its event, given at once");

    database.store.commit(&change).await.unwrap();
    assert_eq!(count(2).await, 2, "a rejected change and its reason");

    let facts = database.store.load(&everything).await.unwrap();
    forget(1).await;
    change = rename(facts.user.as_ref().unwrap(), 2);
    change.groups_added = [group(1).id, group(2).id].into();
    change.groups_removed = [group(3).id].into();
    change.fields.is_active = Some(false);
    change.guards.superusers = Some(userbook::store::EpochGuard::bump(facts.epochs.superusers));
    change.guards.graph = Some(userbook::store::EpochGuard::read(facts.epochs.graph));
    database.store.commit(&change).await.unwrap();
    assert_eq!(count(5).await, 5, "row, groups left, groups joined, counters, event");

    cost_of_members_is_independent_of_their_number(&database).await;
}

/// A group write with members: rows, added and removed memberships, events.
async fn cost_of_members_is_independent_of_their_number(database: &Database) {
    for (ids, n) in [(10..12, 100), (20..120, 1000)] {
        let inserted = ids.clone().count();
        for id in ids.clone() {
            sqlx::query(
                "INSERT INTO userbook_user SELECT ?1, randomblob(16), 'u' || ?1, name, email, is_active, \
                         last_login, path, type, attributes, password_change_date, created_at, updated_at, revision, version, session_epoch, external_ids \
                         FROM userbook_user WHERE id = 1",
            )
            .bind(id)
            .execute(database.pool())
            .await
            .unwrap();
        }
        let facts = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap();
        let revision = facts.user.unwrap().revision;
        let members = ids.zip(n..).map(|(id, n)| {
            let change = rename(&userbook::User { revision, ..user(id) }, n);
            userbook::store::MemberChange {
                user: change.user,
                expected: revision,
                change: change.change,
                version: change.version,
                joins: id % 2 == 0,
                event: change.event,
            }
        });
        let change = userbook::store::ProvisioningChange {
            op: userbook::store::ProvisioningOp::PutGroup(Box::new(group(1))),
            members: members.collect(),
            has_reserved_id: false,
            sets_external_ids: false,
            guards: userbook::store::Guards {
                graph: Some(userbook::store::EpochGuard::bump(facts.epochs.graph)),
                ..userbook::store::Guards::default()
            },
            event: rename(&user(1), n + 500).event,
        };
        forget(inserted + 1).await;
        let outcome = database.store.provision(&change).await.unwrap();
        assert_eq!(outcome, userbook::store::CommitOutcome::Applied);
        assert_eq!(count(8).await, 8, "guards, rows, group, left, joined, events, counters, event");
    }
}
