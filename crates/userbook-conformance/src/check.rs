//! Shared reads and writes of the cases.

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

/// Returns the store's result, which must not be an error.
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

/// Returns the target of a load, which must exist.
#[track_caller]
pub(crate) fn target(snapshot: &Snapshot) -> &User {
    snapshot.user.as_ref().expect("the target exists")
}

/// Returns the row of a user, if it exists.
pub(crate) async fn find<H: Harness>(harness: &H, user: UserId) -> Option<User> {
    load(harness, &SnapshotQuery::user(user)).await.user
}

/// Returns the row of a user, which must exist.
pub(crate) async fn row<H: Harness>(harness: &H, user: UserId) -> User {
    find(harness, user).await.expect("the user exists")
}

/// Returns the guard counters.
pub(crate) async fn epochs<H: Harness>(harness: &H) -> Epochs {
    load(harness, &SnapshotQuery::default()).await.epochs
}

/// Returns which superusers who can act exist, other than `user`.
pub(crate) async fn other_superusers<H: Harness>(harness: &H, user: UserId) -> Superusers {
    let query = SnapshotQuery { other_superusers: true, ..SnapshotQuery::user(user) };
    load(harness, &query).await.other_superusers.expect("the query requests them")
}

/// Returns whether a person other than `user` can act and is a superuser.
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

/// Returns all pending events.
pub(crate) async fn pending<H: Harness>(harness: &H) -> Vec<Event> {
    ok(harness.store().pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }).await)
}

/// Returns everything that a rejected write must not change: rows, memberships, counters and events.
pub(crate) async fn state<H: Harness>(harness: &H, users: &[UserId]) -> (Vec<Snapshot>, Vec<Event>) {
    let mut snapshots = vec![load(harness, &SnapshotQuery::default()).await];
    for user in users {
        let query = SnapshotQuery { other_superusers: true, ..SnapshotQuery::user(*user) };
        snapshots.push(load(harness, &query).await);
    }
    (snapshots, pending(harness).await)
}

/// Commits a change that cannot be applied, and checks that nothing changed.
pub(crate) async fn apply_rejected<H: Harness>(
    harness: &H,
    change: &ChangeSet,
    users: &[UserId],
) -> CommitOutcome {
    let before = state(harness, users).await;
    let outcome = commit(harness, change).await;
    assert_ne!(outcome, CommitOutcome::Applied, "this change cannot be applied");
    assert_eq!(state(harness, users).await, before, "a rejected change leaves no trace");
    outcome
}

/// Runs tasks concurrently.
pub(crate) async fn at_once<H: Harness>(tasks: impl IntoIterator<Item = Task>) {
    join_all(tasks.into_iter().map(H::spawn)).await;
}

/// Returns whether two documents are equal, with numbers compared as doubles, which is what JSON of every database
/// preserves.
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
