//! Whether a change was committed: the question after an ambiguous error.

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

/// Law: an applied change is found by its id, a rejected one is not.
pub async fn a_change_is_found_by_its_id<H: Harness>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    assert!(!change_committed(&harness, ANN, 1).await);
    apply(&harness, &rename(&user(ANN), 1)).await;
    assert!(change_committed(&harness, ANN, 1).await);
    assert!(change_committed(&harness, BOB, 1).await, "the result does not depend on the loaded user");
    assert_ne!(commit(&harness, &rename(&user(ANN), 2)).await, CommitOutcome::Applied);
    assert!(!change_committed(&harness, ANN, 2).await);
}

/// Law: a change is found even after later writes of the row and after its event was acknowledged. The row's revision
/// cannot prove the commit.
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
