//! How many commands an update takes, so that they cannot creep. sqlx tells of each one it runs; `BEGIN` and `COMMIT`
//! by themselves it does not tell.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::{Event, Metadata, Subscriber, span};
use userbook::{SnapshotQuery, UserId, UserStore};

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

/// How many statements the connections' threads have told of since the last call.
async fn count() -> usize {
    // They tell after they have answered.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    STATEMENTS.swap(0, Ordering::SeqCst)
}

#[tokio::test]
async fn a_load_is_one_and_a_commit_is_few() {
    tracing::subscriber::set_global_default(Counter).unwrap();
    let groups = vec![group(1), group(2), group(3)];
    let rows = userbook::ImportData { groups, users: vec![user(1)], ..userbook::ImportData::default() };
    let database = Database::with(&rows).await;
    count().await;

    let everything = SnapshotQuery {
        username: Some("ann".to_owned()),
        groups: [group(1).id].into(),
        actor: Some(UserId(2)),
        other_active_superuser: true,
        change: Some(rename(&user(1), 1).change),
        ..SnapshotQuery::user(UserId(1))
    };
    let facts = database.store.load(&everything).await.unwrap().unwrap();
    assert_eq!(count().await, 1, "a load");

    let mut change = rename(&facts.user, 1);
    database.store.commit(&change).await.unwrap();
    assert_eq!(count().await, 1, "the row and its event, given at once");

    database.store.commit(&change).await.unwrap();
    assert_eq!(count().await, 2, "a refusal and why");

    let facts = database.store.load(&everything).await.unwrap().unwrap();
    count().await;
    change = rename(&facts.user, 2);
    change.groups_added = [group(1).id, group(2).id].into();
    change.groups_removed = [group(3).id].into();
    change.fields.is_active = Some(false);
    change.guards.superusers = Some(userbook::EpochGuard::bump(facts.epochs.superusers));
    change.guards.graph = Some(userbook::EpochGuard::read(facts.epochs.graph));
    database.store.commit(&change).await.unwrap();
    assert_eq!(count().await, 5, "row, groups left, groups joined, counters, event");
}
