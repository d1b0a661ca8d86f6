//! Whether a change was committed: the question after an ambiguous failure.

use userbook::store::{CommitOutcome, Outbox, SnapshotQuery};

use crate::{
    Harness,
    build::{ANN, BOB, change_id, rename, rows, user},
    check::{apply, commit, load, ok, row},
};

async fn change_committed<H: Harness>(harness: &H, user: userbook::UserId, n: u128) -> bool {
    let query = SnapshotQuery { change: Some(change_id(n)), ..SnapshotQuery::user(user) };
    load(harness, &query).await.change_committed
}

/// Law: a change is found by its id once it was applied, and not if it was refused.
pub async fn a_change_is_found_by_its_id<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    assert!(!change_committed(&harness, ANN, 1).await);
    apply(&harness, &rename(&user(ANN), 1)).await;
    assert!(change_committed(&harness, ANN, 1).await);
    assert!(change_committed(&harness, BOB, 1).await, "the answer does not depend on the user who is loaded");
    assert_ne!(commit(&harness, &rename(&user(ANN), 2)).await, CommitOutcome::Applied);
    assert!(!change_committed(&harness, ANN, 2).await);
}

/// Law: it is found even if others have overwritten the row since, and after its event was handed on. The row's
/// revision alone could not tell.
pub async fn a_change_is_found_after_others_followed<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    for n in 1..=3 {
        apply(&harness, &rename(&row(&harness, ANN).await, n)).await;
    }
    ok(harness.store().ack(&[change_id(1)]).await);
    for n in 1..=3 {
        assert!(change_committed(&harness, ANN, n).await, "change {n}");
    }
    assert!(!change_committed(&harness, ANN, 4).await);
}
