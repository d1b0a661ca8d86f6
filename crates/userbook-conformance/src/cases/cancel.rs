//! Futures that are dropped early, as after a client disconnects.

use std::{future::poll_fn, pin::pin, task::Poll};

use userbook::test_support::assert_same;
use userbook::{
    UserStore,
    store::{ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards, SnapshotQuery},
};

use crate::{
    Harness,
    build::{ANN, BOB, change, changed, group, group_id, group_ids, member, name, rows},
    check::{apply, epochs, load, ok, row, state, target},
};

/// Polls the future at most `polls` times, then drops it. Returns whether the future was ready.
pub(crate) async fn interrupted(future: impl Future<Output = ()>, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|()| true)
    })
    .await
}

/// Law: a commit whose future is dropped is applied completely or not at all, at every point of the drop, and does not
/// block the next commit.
pub async fn a_dropped_commit_is_whole_or_nothing<H: Harness>() {
    let granting = userbook::Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([granting, group(2)], [member(ANN, [1]), member(BOB, [])])).await;
    let mut ended = false;
    let mut n = 0;
    while !ended {
        let before = state(&harness, &[ANN, BOB]).await;
        let facts = load(&harness, &SnapshotQuery::user(ANN)).await;
        let ann = target(&facts);
        let joins = !ann.groups.contains(&group_id(2));
        let (groups_added, groups_removed) =
            if joins { (group_ids([2]), group_ids([1])) } else { (group_ids([1]), group_ids([2])) };
        let change = ChangeSet {
            fields: FieldChanges {
                name: Some(name(&format!("change {n}"))),
                is_active: Some(!ann.is_active),
                ..FieldChanges::default()
            },
            groups_added,
            groups_removed,
            guards: Guards { graph: Some(EpochGuard::bump(facts.epochs.graph)), ..Guards::default() },
            ..change(ann, n)
        };
        let store = harness.store();
        let polls = usize::try_from(n).unwrap_or(usize::MAX);
        ended = interrupted(async { drop(ok(store.commit(&change).await)) }, polls).await;

        // The dropped commit may still run in the background. Another write of the same row decides: one of the two is
        // a conflict.
        let fence = self::change(ann, 10_000 + n);
        let change_committed = match ok(harness.store().commit(&fence).await) {
            CommitOutcome::Applied => false,
            CommitOutcome::Conflict => true,
            other => panic!("the following write ended with {other:?}"),
        };
        let winner = if change_committed { &change } else { &fence };
        assert!(change_committed || !ended, "an acknowledged commit is missing");
        assert_same(&row(&harness, ANN).await, &changed(ann, winner));
        let (_, events) = state(&harness, &[]).await;
        assert_eq!(events.len(), before.1.len() + 1);
        assert!(events.iter().any(|event| event.id == winner.change), "the event of the stored change");
        assert_eq!(epochs(&harness).await.graph > facts.epochs.graph, change_committed);
        n += 1;
        assert!(n < 1000, "the commit does not end");
    }
}

/// Law: a load whose future is dropped has no effect.
pub async fn a_dropped_load_does_no_harm<H: Harness>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1]), member(BOB, [])])).await;
    for polls in 0..20 {
        let store = harness.store();
        let query = SnapshotQuery::user(ANN);
        interrupted(async { drop(ok(store.load(&query).await)) }, polls).await;
        apply(&harness, &change(&row(&harness, ANN).await, polls as u128)).await;
    }
}
