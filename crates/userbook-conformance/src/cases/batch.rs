//! Changes that share a transaction.

use userbook::{
    User,
    event::Event,
    store::{
        BatchStore, CommitOutcome, ProvisioningChange, ProvisioningOp, ProvisioningStore as _, SnapshotQuery,
        UserStore as _,
    },
};

use super::user_provisioning::next_id;
use crate::{
    Harness,
    build::{ANN, BOB, changed, provision, rename, rows, user},
    check::{find, ok, pending, row},
};

/// Returns the changes of a batch: a user is renamed twice, and another one is created.
async fn steps<H: Harness<Store: BatchStore>>(harness: &H) -> ([User; 2], User) {
    let before = row(harness, ANN).await;
    let once = changed(&before, &rename(&before, 1));
    let new = User { username: "new".to_owned(), ..user(next_id(harness).await) };
    ([before, once], new)
}

fn insertion(new: &User) -> ProvisioningChange {
    provision(ProvisioningOp::InsertUser(Box::new(new.clone())), 3)
}

/// Law: a batch sees its own writes. After the end, others see all of them with their events. A change that does not
/// apply leaves the others as they are.
pub async fn a_batch_sees_its_writes_and_keeps_them<H: Harness<Store: BatchStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let ([before, once], new) = steps(&harness).await;
    let batch = ok(harness.store().begin_batch().await);
    assert_eq!(ok(batch.commit(&rename(&before, 1)).await), CommitOutcome::Applied);
    assert_eq!(ok(batch.load(&SnapshotQuery::user(ANN)).await).user, Some(once.clone()), "its own write");
    assert_eq!(ok(batch.commit(&rename(&before, 4)).await), CommitOutcome::Conflict, "an old revision");
    assert_eq!(ok(batch.commit(&rename(&once, 2)).await), CommitOutcome::Applied);
    assert_eq!(ok(batch.provision(&insertion(&new)).await), CommitOutcome::Applied);
    ok(batch.finish().await);

    let twice = changed(&once, &rename(&once, 2));
    assert_eq!([row(&harness, ANN).await, row(&harness, BOB).await], [twice, user(BOB)]);
    assert_eq!(row(&harness, new.id).await, new);
    let expected =
        [&rename(&before, 1).event, &rename(&once, 2).event, &insertion(&new).event].map(|it| it.id);
    assert_eq!(pending(&harness).await.iter().map(|event| event.id).collect::<Vec<_>>(), expected);
}

/// Law: a batch that is dropped leaves no trace, and others see none of its writes before. A store that writes at once
/// keeps them, with their events.
pub async fn a_dropped_batch_leaves_no_trace<H: Harness<Store: BatchStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let ([before, once], new) = steps(&harness).await;
    let batch = ok(harness.store().begin_batch().await);
    assert_eq!(ok(batch.commit(&rename(&before, 1)).await), CommitOutcome::Applied);
    assert_eq!(ok(batch.provision(&insertion(&new)).await), CommitOutcome::Applied);
    let at_once = ([once, new.clone()].to_vec(), 2);
    let untouched = ([before].to_vec(), 0);
    let seen = shown(&harness, &new).await;
    assert!(seen == untouched || seen == at_once, "{seen:?}");
    drop(batch);
    assert_eq!(shown(&harness, &new).await, seen);
}

/// Returns the rows of both users, and the number of events.
async fn shown<H: Harness>(harness: &H, new: &User) -> (Vec<User>, usize) {
    let users = [Some(row(harness, ANN).await), find(harness, new.id).await];
    let events: Vec<Event> = pending(harness).await;
    (users.into_iter().flatten().collect(), events.len())
}

/// Law: the next batch begins after the end of the last one, and decides on what that one wrote.
pub async fn batches_follow_each_other<H: Harness<Store: BatchStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    for (n, version) in (1..=3).zip(user(ANN).version..) {
        let batch = ok(harness.store().begin_batch().await);
        let found = ok(batch.load(&SnapshotQuery::user(ANN)).await).user.expect("the user exists");
        assert_eq!(found.version, version, "batch {n}");
        assert_eq!(ok(batch.commit(&rename(&found, n)).await), CommitOutcome::Applied);
        ok(batch.finish().await);
    }
    assert_eq!(pending(&harness).await.len(), 3);
}
