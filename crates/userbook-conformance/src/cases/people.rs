//! Making and unmaking users.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use userbook::{
    CommitOutcome, DirectoryQuery, EpochGuard, Group, Guards, Outbox, ProvisioningChange, ProvisioningOp,
    ProvisioningStore, SnapshotQuery, StoreErrorKind, User, UserId, UserStore,
};

use crate::{
    Harness,
    build::{ANN, BOB, NOBODY, change_id, group, group_ids, member, provision, rename, rows, user},
    check::{apply, at_once, load, ok, other_power, pending, row, traces},
};

/// The id that the next user gets.
async fn next_id<H: Harness<Store: ProvisioningStore>>(harness: &H) -> UserId {
    let epochs = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    UserId(i64::try_from(epochs.next_user).expect("ids fit"))
}

fn insert(user: User, n: u128) -> ProvisioningChange {
    provision(ProvisioningOp::InsertUser(Box::new(user)), n)
}

fn delete(user: &User, n: u128) -> ProvisioningChange {
    provision(ProvisioningOp::DeleteUser { user: user.id, expected: user.revision }, n)
}

pub(crate) async fn take<H: Harness<Store: ProvisioningStore>>(harness: &H, step: &ProvisioningChange) {
    let outcome = ok(harness.store().provision(step).await);
    assert_eq!(outcome, CommitOutcome::Applied, "nothing stands against this step");
}

pub(crate) async fn refuse<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    step: &ProvisioningChange,
) -> CommitOutcome {
    let shape = DirectoryQuery { shape: true, groups: group_ids(0..9), ..DirectoryQuery::default() };
    let before = (traces(harness, &[ANN, BOB]).await, ok(harness.store().load_directory(&shape).await));
    let outcome = ok(harness.store().provision(step).await);
    assert_ne!(outcome, CommitOutcome::Applied, "this step cannot be applied");
    let after = (traces(harness, &[ANN, BOB]).await, ok(harness.store().load_directory(&shape).await));
    assert_eq!(after, before, "a refused step leaves no trace");
    outcome
}

/// Law: a user is inserted with all columns and memberships, counts for power from then on, and has an event;
/// the next id moves.
pub async fn a_user_is_inserted<H: Harness<Store: ProvisioningStore>>() {
    let power = Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([power, group(2)], [user(ANN)])).await;
    let id = next_id(&harness).await;
    let step = insert(member(id, [1, 2]), 1);
    take(&harness, &step).await;
    assert_eq!(row(&harness, id).await, member(id, [1, 2]));
    assert_eq!(next_id(&harness).await.0, id.0 + 1);
    assert!(other_power(&harness, ANN).await);
    assert_eq!(pending(&harness).await, [step.event]);
    let change_committed = SnapshotQuery { change: Some(change_id(1)), ..SnapshotQuery::user(id) };
    assert!(load(&harness, &change_committed).await.change_committed);

    let retired = UserId(id.0 + 1);
    take(&harness, &insert(User { is_active: false, ..member(retired, [1]) }, 2)).await;
    take(&harness, &delete(&member(id, [1, 2]), 3)).await;
    assert!(!other_power(&harness, ANN).await, "an inactive user has no power");
}

/// Law: an id is given once: of users inserted at once with one id, one is applied. Otherwise somebody inherits
/// what others know by that id.
pub async fn an_id_is_given_once<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let next = next_id(&harness).await;
    for wrong in [next.0 + 1, next.0 - 1, 0, -next.0] {
        let taken = User { username: "new".to_owned(), ..user(UserId(wrong)) };
        assert_eq!(refuse(&harness, &insert(taken, 1)).await, CommitOutcome::Conflict);
    }
    let count = Arc::new(AtomicUsize::new(0));
    at_once::<H>((0..12).map(|n| {
        let (store, count) = (harness.store(), Arc::clone(&count));
        let step = insert(User { username: format!("racer {n}"), ..user(next) }, 10 + n);
        let task: crate::Task = Box::pin(async move {
            loop {
                match store.provision(&step).await {
                    Err(error) if error.kind == StoreErrorKind::Transient => {}
                    answer => {
                        let applied = ok(answer) == CommitOutcome::Applied;
                        count.fetch_add(usize::from(applied), Ordering::SeqCst);
                        break;
                    }
                }
            }
        });
        task
    }))
    .await;
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(pending(&harness).await.len(), 1);
}

/// Law: a user name is given once, compared byte for byte.
pub async fn a_name_is_given_once<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let next = next_id(&harness).await;
    let namesake = User { username: user(ANN).username, ..member(next, [1]) };
    assert_eq!(refuse(&harness, &insert(namesake.clone(), 1)).await, CommitOutcome::Conflict);
    let username = namesake.username.to_uppercase();
    take(&harness, &insert(User { username, ..namesake }, 2)).await;
}

/// Law: a user is not inserted into groups that are not there.
pub async fn groups_must_be_there<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let step = insert(member(next_id(&harness).await, [1, 2, 3]), 1);
    match refuse(&harness, &step).await {
        CommitOutcome::Conflict => assert!(told.is_empty() || told == group_ids([2, 3])),
        other => panic!("missing groups were answered by {other:?}"),
    }
}

/// Law: a user is deleted with the memberships: the row is gone, the name is free, the power is gone. The events
/// stay: the audit trail outlives whom it tells of.
pub async fn a_user_is_deleted<H: Harness<Store: ProvisioningStore>>() {
    let power = Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([power], [user(ANN), member(BOB, [1])])).await;
    apply(&harness, &rename(&row(&harness, BOB).await, 1)).await;
    let bob = row(&harness, BOB).await;
    take(&harness, &delete(&bob, 2)).await;
    assert_eq!(ok(harness.store().load(&SnapshotQuery::user(BOB)).await), None);
    assert!(!other_power(&harness, ANN).await);
    let query = DirectoryQuery {
        username: Some(bob.username.clone()),
        active_member_of: Some(group_ids([1])),
        ..DirectoryQuery::default()
    };
    let directory = ok(harness.store().load_directory(&query).await);
    assert!(!directory.username_taken && !directory.active_member);
    let told: Vec<_> = ok(harness.store().pending(9).await).into_iter().map(|event| event.id).collect();
    assert_eq!(told, [change_id(1), change_id(2)]);

    let heir = User { username: bob.username, ..user(next_id(&harness).await) };
    take(&harness, &insert(heir.clone(), 3)).await;
    assert_eq!(row(&harness, heir.id).await, heir);
}

/// Law: a deletion is conditional like any other write: on the revision it was decided on.
pub async fn a_deletion_compares_the_revision<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    apply(&harness, &rename(&user(BOB), 1)).await;
    assert_eq!(refuse(&harness, &delete(&user(BOB), 2)).await, CommitOutcome::Conflict);
    assert_eq!(refuse(&harness, &delete(&user(NOBODY), 3)).await, CommitOutcome::Gone);
}

/// Law: the id of a deleted user is not given again, not even if it was the last.
pub async fn ids_are_not_given_again<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let first = next_id(&harness).await;
    assert!(first > ANN);
    take(&harness, &insert(user(first), 1)).await;
    take(&harness, &delete(&user(first), 2)).await;
    assert_eq!(next_id(&harness).await.0, first.0 + 1);
}

/// Law: guards hold for people as for updates: compared, and counted when the step alters what they stand for.
pub async fn guards_hold_for_people<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let epochs = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    let guards = |off: u64| Guards {
        graph: Some(EpochGuard::read(epochs.graph)),
        superusers: Some(EpochGuard::bump(epochs.superusers + off)),
        actor: None,
    };
    for step in [insert(user(next_id(&harness).await), 1), delete(&user(BOB), 1)] {
        let step = ProvisioningChange { guards: guards(1), ..step };
        assert_eq!(refuse(&harness, &step).await, CommitOutcome::Conflict);
    }
    take(&harness, &ProvisioningChange { guards: guards(0), ..delete(&user(BOB), 2) }).await;
    let after = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    assert!(after.superusers > epochs.superusers);
}
