//! Questions that many cases ask.

use std::fmt::Debug;

use futures_util::future::join_all;
use serde_json::Value;
use userbook::{
    ChangeSet, CommitOutcome, Event, Outbox, Snapshot, SnapshotQuery, StoreError, User, UserId, UserStore,
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

/// The facts about a user who must be there.
pub(crate) async fn load<H: Harness>(harness: &H, query: &SnapshotQuery) -> Snapshot {
    ok(harness.store().load(query).await).expect("the user is there")
}

/// The row of a user who must be there.
pub(crate) async fn row<H: Harness>(harness: &H, user: UserId) -> User {
    load(harness, &SnapshotQuery::user(user)).await.user
}

/// Whether somebody other than `user` is active and superuser.
pub(crate) async fn other_power<H: Harness>(harness: &H, user: UserId) -> bool {
    let query = SnapshotQuery { other_active_superuser: true, ..SnapshotQuery::user(user) };
    load(harness, &query).await.other_active_superuser.expect("it was asked for")
}

pub(crate) async fn commit<H: Harness>(harness: &H, change: &ChangeSet) -> CommitOutcome {
    ok(harness.store().commit(change).await)
}

/// Commits a change that nothing stands against.
pub(crate) async fn apply<H: Harness>(harness: &H, change: &ChangeSet) {
    assert_eq!(commit(harness, change).await, CommitOutcome::Applied, "nothing stands against this change");
}

/// All events that wait.
pub(crate) async fn pending<H: Harness>(harness: &H) -> Vec<Event> {
    ok(harness.store().pending(u32::MAX).await)
}

/// All that a refused write may not touch: rows, memberships, counters and events.
pub(crate) async fn traces<H: Harness>(harness: &H, users: &[UserId]) -> (Vec<Option<Snapshot>>, Vec<Event>) {
    let mut snapshots = Vec::new();
    for user in users {
        let query = SnapshotQuery { other_active_superuser: true, ..SnapshotQuery::user(*user) };
        snapshots.push(ok(harness.store().load(&query).await));
    }
    (snapshots, pending(harness).await)
}

/// Commits a change that cannot be applied, and sees to it that nothing of it is there.
pub(crate) async fn refuse<H: Harness>(harness: &H, change: &ChangeSet, users: &[UserId]) -> CommitOutcome {
    let before = traces(harness, users).await;
    let outcome = commit(harness, change).await;
    assert_ne!(outcome, CommitOutcome::Applied, "this change cannot be applied");
    assert_eq!(traces(harness, users).await, before, "a refused change leaves no trace");
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
