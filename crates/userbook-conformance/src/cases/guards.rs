//! Guards: the facts beside the user's row on which a change was decided.

use userbook::{
    Revision, UserId,
    store::{ActorGuard, ChangeSet, CommitOutcome, EpochGuard, Epochs, Guards},
};

use crate::{
    Harness,
    build::{ANN, BOB, UNKNOWN_USER, change_id, group, group_ids, rename, rows, user},
    check::{apply, apply_rejected, epochs, row},
};

async fn prepared<H: Harness>() -> H {
    H::with(&rows([group(1)], [user(ANN), user(BOB), user(UserId(3))])).await
}

async fn guarded<H: Harness>(harness: &H, n: u128, guards: Guards) -> ChangeSet {
    ChangeSet { guards, groups_added: group_ids([1]), ..rename(&row(harness, ANN).await, n) }
}

/// A function that creates guards on one counter, and a function that reads the counter.
type Counter = (fn(EpochGuard) -> Guards, fn(Epochs) -> u64);

const COUNTERS: [Counter; 2] = [
    (|guard| Guards { graph: Some(guard), ..EMPTY }, |epochs| epochs.graph),
    (|guard| Guards { superusers: Some(guard), ..EMPTY }, |epochs| epochs.superusers),
];

const EMPTY: Guards = Guards {
    graph: None,
    superusers: None,
    actor: None,
    distinct: userbook::store::DistinctNames { username: false, email: false },
};

/// Law: a change without guards does not touch the counters, because all writers would wait for their single rows.
pub async fn ordinary_updates_touch_no_counter<H: Harness>() {
    let harness = prepared::<H>().await;
    let before = epochs(&harness).await;
    apply(&harness, &guarded(&harness, 1, EMPTY).await).await;
    assert_eq!(epochs(&harness).await, before);
}

/// Law: a change that depends on a counter is applied only while the counter is unchanged.
pub async fn relying_compares<H: Harness>() {
    for (guards, read) in COUNTERS {
        let harness = prepared::<H>().await;
        let now = read(epochs(&harness).await);
        for wrong in [now + 1, now + 1000] {
            let change = guarded(&harness, 1, guards(EpochGuard::read(wrong))).await;
            assert_eq!(apply_rejected(&harness, &change, &[ANN]).await, CommitOutcome::Conflict);
        }
        apply(&harness, &guarded(&harness, 2, guards(EpochGuard::read(now))).await).await;
    }
}

/// Law: a change that alters what a counter stands for compares and increments the counter in the same step, so that
/// every decision on the old value is a conflict.
pub async fn changing_compares_and_increments<H: Harness>() {
    for (guards, read) in COUNTERS {
        let harness = prepared::<H>().await;
        let before = epochs(&harness).await;
        let now = read(before);
        let change = guarded(&harness, 1, guards(EpochGuard::bump(now + 1))).await;
        assert_eq!(apply_rejected(&harness, &change, &[ANN]).await, CommitOutcome::Conflict);

        apply(&harness, &guarded(&harness, 2, guards(EpochGuard::bump(now))).await).await;
        let after = epochs(&harness).await;
        assert!(read(after) > now, "the counter was not incremented");
        assert_eq!(after.next_user, before.next_user);
        let others = COUNTERS.iter().filter(|(_, other)| other(after) != other(before)).count();
        assert_eq!(others, 1, "only this counter changes");

        for late in [EpochGuard::read(now), EpochGuard::bump(now)] {
            let change = guarded(&harness, 3, guards(late)).await;
            assert_eq!(apply_rejected(&harness, &change, &[ANN]).await, CommitOutcome::Conflict);
        }
    }
}

/// Law: both of two counters are compared; if one fails, the other is not incremented.
pub async fn both_counters_at_once<H: Harness>() {
    let harness = prepared::<H>().await;
    let now = epochs(&harness).await;
    let graph = Some(EpochGuard::bump(now.graph));
    for superusers in [EpochGuard::bump(now.superusers + 1), EpochGuard::read(now.superusers + 1)] {
        let guards = Guards { graph, superusers: Some(superusers), actor: None, ..Guards::default() };
        let change = guarded(&harness, 1, guards).await;
        assert_eq!(apply_rejected(&harness, &change, &[ANN]).await, CommitOutcome::Conflict);
    }
    let guards = Guards {
        graph,
        superusers: Some(EpochGuard::bump(now.superusers)),
        actor: None,
        ..Guards::default()
    };
    apply(&harness, &guarded(&harness, 2, guards).await).await;
    let after = epochs(&harness).await;
    assert!(after.graph > now.graph && after.superusers > now.superusers);
}

/// Law: if the actor's rights mattered, the actor's row must exist and be in the state of the decision.
pub async fn the_actor_must_be_as_decided_on<H: Harness>() {
    let harness = prepared::<H>().await;
    let by = |user, revision| Guards { actor: Some(ActorGuard { user, revision }), ..EMPTY };
    let bob = row(&harness, BOB).await;
    apply(&harness, &guarded(&harness, 1, by(BOB, bob.revision)).await).await;
    apply(&harness, &rename(&bob, 2)).await;

    for guards in [
        by(BOB, bob.revision),
        by(BOB, Revision(uuid::Uuid::nil())),
        by(UserId(3), change_id(2).into()),
        by(UNKNOWN_USER, user(UNKNOWN_USER).revision),
    ] {
        let change = guarded(&harness, 3, guards).await;
        assert_eq!(apply_rejected(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
    }
    apply(&harness, &guarded(&harness, 4, by(BOB, change_id(2).into())).await).await;
}
