//! Reads and writes that many cases share.

use std::fmt::Debug;

use futures_util::future::join_all;
use serde_json::Value;
use userbook::{
    User, UserId, UserStore,
    event::Event,
    store::{
        ChangeSet, CommitOutcome, Epochs, Outbox, OutboxLimit, Snapshot, SnapshotQuery, StoreError,
        Superusers,
    },
};

use crate::{Harness, Task};

/// What the store answered, which must not be a failure.
#[track_caller]
pub(crate) fn ok<T: Debug>(answer: Result<T, StoreError>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            panic!("the store failed: {error}: {}", source.unwrap_or_default())
        }
    }
}

pub(crate) async fn load<H: Harness>(harness: &H, query: &SnapshotQuery) -> Snapshot {
    ok(harness.store().load(query).await)
}

/// The target of a load, who must exist.
#[track_caller]
pub(crate) fn target(snapshot: &Snapshot) -> &User {
    snapshot.user.as_ref().expect("the target exists")
}

/// The row of a user, if there is one.
pub(crate) async fn find<H: Harness>(harness: &H, user: UserId) -> Option<User> {
    load(harness, &SnapshotQuery::user(user)).await.user
}

/// The row of a user who must exist.
pub(crate) async fn row<H: Harness>(harness: &H, user: UserId) -> User {
    find(harness, user).await.expect("the user exists")
}

/// The guard counters.
pub(crate) async fn epochs<H: Harness>(harness: &H) -> Epochs {
    load(harness, &SnapshotQuery::default()).await.epochs
}

/// Which superusers who can act exist besides `user`.
pub(crate) async fn other_superusers<H: Harness>(harness: &H, user: UserId) -> Superusers {
    let query = SnapshotQuery { other_superusers: true, ..SnapshotQuery::user(user) };
    load(harness, &query).await.other_superusers.expect("the query asks for them")
}

/// Whether a person besides `user` can act and is superuser.
pub(crate) async fn has_other_superuser<H: Harness>(harness: &H, user: UserId) -> bool {
    other_superusers(harness, user).await.person
}

pub(crate) async fn commit<H: Harness>(harness: &H, change: &ChangeSet) -> CommitOutcome {
    ok(harness.store().commit(change).await)
}

/// Commits a change that must be applied.
pub(crate) async fn apply<H: Harness>(harness: &H, change: &ChangeSet) {
    assert_eq!(commit(harness, change).await, CommitOutcome::Applied, "this change must be applied");
}

/// All events that are not acknowledged.
pub(crate) async fn pending<H: Harness>(harness: &H) -> Vec<Event> {
    ok(harness.store().pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }).await)
}

/// Everything that a refused write may not change: rows, memberships, counters and events.
pub(crate) async fn state<H: Harness>(harness: &H, users: &[UserId]) -> (Vec<Snapshot>, Vec<Event>) {
    let mut snapshots = vec![load(harness, &SnapshotQuery::default()).await];
    for user in users {
        let query = SnapshotQuery { other_superusers: true, ..SnapshotQuery::user(*user) };
        snapshots.push(load(harness, &query).await);
    }
    (snapshots, pending(harness).await)
}

/// Commits a change that cannot be applied, and checks that nothing of it is stored.
pub(crate) async fn apply_refused<H: Harness>(
    harness: &H,
    change: &ChangeSet,
    users: &[UserId],
) -> CommitOutcome {
    let before = state(harness, users).await;
    let outcome = commit(harness, change).await;
    assert_ne!(outcome, CommitOutcome::Applied, "this change cannot be applied");
    assert_eq!(state(harness, users).await, before, "a refused change leaves no trace");
    outcome
}

/// Runs tasks beside one another.
pub(crate) async fn at_once<H: Harness>(tasks: impl IntoIterator<Item = Task>) {
    join_all(tasks.into_iter().map(H::spawn)).await;
}

/// Whether two documents are equal with numbers compared by value, as doubles: that is what every database's
/// JSON keeps.
pub(crate) fn same_json(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_json(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same_json(value, other)))
        }
        _ => left == right,
    }
}
