//! Creating and deleting users.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use userbook::test_support::assert_same;
use userbook::{
    Group, User, UserId, UserType,
    model::ANONYMOUS_USERNAME,
    store::{
        CommitOutcome, DirectoryQuery, EpochGuard, Guards, MemberQuery, ProvisioningChange, ProvisioningOp,
        ProvisioningStore, SnapshotQuery, StoreErrorKind, SuperuserQuery, Superusers,
    },
};
use uuid::Uuid;

use crate::{
    Harness,
    build::{
        ANN, BOB, UNKNOWN_USER, change_id, group, group_id, group_ids, member, provision, rename, rows, user,
    },
    check::{apply, at_once, find, has_other_superuser, load, ok, other_superusers, pending, row, state},
};

/// Law: a reserved id belongs to its caller alone. Its user is inserted whatever was inserted meanwhile, and the next
/// insertion compares the counter as before.
pub async fn ids_are_reserved<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let first = next_id(&harness).await;
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let tasks = (0..8).map(|_| {
        let (store, taken) = (harness.store(), Arc::clone(&taken));
        let task: crate::Task = Box::pin(async move {
            let id = ok(store.reserve_user_id().await);
            taken.lock().expect("no panic").insert(id);
        });
        task
    });
    at_once::<H>(tasks.collect::<Vec<_>>()).await;
    let taken = taken.lock().expect("no panic").clone();
    assert_eq!(taken, (0..8).map(|n| UserId(first.0 + n)).collect(), "eight ids, each once");
    assert_eq!(next_id(&harness).await, UserId(first.0 + 8));

    let named = |id: UserId| User { username: format!("user {}", id.0), ..user(id) };
    let reserved = |id, n| ProvisioningChange { has_reserved_id: true, ..insert(named(id), n) };
    apply_ok(&harness, &insert(named(UserId(first.0 + 8)), 1)).await;
    for (id, n) in taken.iter().rev().zip(2..) {
        let unreserved = apply_rejected(&harness, &insert(named(*id), 50)).await;
        assert_eq!(unreserved, CommitOutcome::Conflict, "the counter is above");
        apply_ok(&harness, &reserved(*id, n)).await;
        assert_eq!(row(&harness, *id).await.username, named(*id).username);
    }
    assert_eq!(next_id(&harness).await, UserId(first.0 + 9), "reserved ids do not count twice");
    apply_ok(&harness, &insert(named(UserId(first.0 + 9)), 20)).await;
}

/// Law: a reserved id whose row exists already is a conflict without a trace: an earlier attempt, whose answer was
/// lost, may have inserted the same user as another change.
pub async fn a_reserved_id_is_inserted_once<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN)])).await;
    let id = ok(harness.store().reserve_user_id().await);
    let reserved = |user, n| ProvisioningChange { has_reserved_id: true, ..insert(user, n) };
    let inserted = member(id, [1]);
    let first = reserved(inserted.clone(), 1);
    apply_ok(&harness, &first).await;
    let named = |name: &str| User { username: name.to_owned(), ..inserted.clone() };
    let other = User { uuid: Uuid::from_u128(77), ..named("other") };
    for (repeated, n) in [(inserted.clone(), 2), (named("renamed"), 3), (other.clone(), 4)] {
        assert_eq!(apply_rejected(&harness, &reserved(repeated, n)).await, CommitOutcome::Conflict, "{n}");
        assert_same(&row(&harness, id).await, &inserted);
        assert_eq!(pending(&harness).await, [(*first.event).clone()]);
    }
    let next = ok(harness.store().reserve_user_id().await);
    assert_eq!(next.0, id.0 + 1);
    apply_ok(&harness, &reserved(User { id: next, ..other }, 5)).await;
}

/// Returns the id of the next user.
pub(crate) async fn next_id<H: Harness<Store: ProvisioningStore>>(harness: &H) -> UserId {
    let epochs = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    UserId(i64::try_from(epochs.next_user).expect("ids fit"))
}

fn insert(user: User, n: u128) -> ProvisioningChange {
    provision(ProvisioningOp::InsertUser(Box::new(user)), n)
}

fn delete(user: &User, n: u128) -> ProvisioningChange {
    provision(ProvisioningOp::DeleteUser { user: user.id, expected: user.revision }, n)
}

pub(crate) async fn apply_ok<H: Harness<Store: ProvisioningStore>>(harness: &H, step: &ProvisioningChange) {
    let outcome = ok(harness.store().provision(step).await);
    assert_eq!(outcome, CommitOutcome::Applied, "this change must be applied");
}

pub(crate) async fn apply_rejected<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    step: &ProvisioningChange,
) -> CommitOutcome {
    let members = MemberQuery { of: None, users: (0..60).map(UserId).collect(), limit: u32::MAX };
    let everything = DirectoryQuery {
        shape: true,
        groups: group_ids(0..9),
        members: Some(members),
        ..DirectoryQuery::default()
    };
    let before = (state(harness, &[ANN, BOB]).await, ok(harness.store().load_directory(&everything).await));
    let outcome = ok(harness.store().provision(step).await);
    assert_ne!(outcome, CommitOutcome::Applied, "this change cannot be applied");
    let after = (state(harness, &[ANN, BOB]).await, ok(harness.store().load_directory(&everything).await));
    assert_eq!(after, before, "a rejected change leaves no trace");
    outcome
}

/// Law: a user is inserted with all columns and memberships, counts among superusers from then on, and has an event;
/// the next id increases.
pub async fn a_user_is_inserted<H: Harness<Store: ProvisioningStore>>() {
    let granting = Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([granting, group(2)], [user(ANN)])).await;
    let id = next_id(&harness).await;
    let step = insert(member(id, [1, 2]), 1);
    apply_ok(&harness, &step).await;
    assert_same(&row(&harness, id).await, &member(id, [1, 2]));
    assert_eq!(next_id(&harness).await.0, id.0 + 1);
    assert!(has_other_superuser(&harness, ANN).await);
    assert_eq!(pending(&harness).await, [(*step.event).clone()]);
    let change_committed = SnapshotQuery { change: Some(change_id(1)), ..SnapshotQuery::user(id) };
    assert!(load(&harness, &change_committed).await.change_committed);

    let retired = UserId(id.0 + 1);
    apply_ok(&harness, &insert(User { is_active: false, ..member(retired, [1]) }, 2)).await;
    apply_ok(&harness, &delete(&member(id, [1, 2]), 3)).await;
    assert!(!has_other_superuser(&harness, ANN).await, "an inactive user does not count");
}

/// Law: an inserted user counts among superusers by its kind: as a person, as a service account, or not at all.
pub async fn an_inserted_user_counts_as_what_it_is<H: Harness<Store: ProvisioningStore>>() {
    let granting = Group { is_superuser: true, ..group(1) };
    for (user_type, is_active, name, person, service_account) in [
        (UserType::Internal, true, "new", true, false),
        (UserType::External, true, "new", true, false),
        (UserType::ServiceAccount, true, "new", false, true),
        (UserType::InternalServiceAccount, true, "new", false, false),
        (UserType::ServiceAccount, false, "new", false, false),
        (UserType::Internal, true, ANONYMOUS_USERNAME, false, false),
    ] {
        let harness = H::with(&rows([granting.clone()], [user(ANN)])).await;
        let new =
            User { user_type, is_active, username: name.to_owned(), ..member(next_id(&harness).await, [1]) };
        apply_ok(&harness, &insert(new, 1)).await;
        let superusers = SuperuserQuery { groups: group_ids([1]), except: None };
        let query = DirectoryQuery { superusers: Some(superusers), ..DirectoryQuery::default() };
        let found = ok(harness.store().load_directory(&query).await).superusers;
        assert_eq!(found, Superusers { person, service_account }, "{user_type} {is_active} {name}");
        assert_eq!(other_superusers(&harness, ANN).await, found);
    }
}

/// Law: an id is used once: of several users inserted concurrently with one id, one is applied. Otherwise a user would
/// inherit data that hosts store under that id.
pub async fn ids_are_unique<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let next = next_id(&harness).await;
    for wrong in [next.0 + 1, next.0 - 1, 0, -next.0] {
        let taken = User { username: "new".to_owned(), ..user(UserId(wrong)) };
        assert_eq!(apply_rejected(&harness, &insert(taken, 1)).await, CommitOutcome::Conflict);
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

/// Law: a username is unique, compared byte for byte.
pub async fn usernames_are_unique<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let next = next_id(&harness).await;
    let namesake = User { username: user(ANN).username, ..member(next, [1]) };
    assert_eq!(apply_rejected(&harness, &insert(namesake.clone(), 1)).await, CommitOutcome::Conflict);
    let username = namesake.username.to_uppercase();
    apply_ok(&harness, &insert(User { username, ..namesake }, 2)).await;
}

/// Law: a UUID is unique, because hosts use it as a key.
pub async fn uuids_are_unique<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let next = next_id(&harness).await;
    let twin = User { uuid: user(ANN).uuid, ..member(next, [1]) };
    let outcome = apply_rejected(&harness, &insert(twin, 1)).await;
    assert!(matches!(outcome, CommitOutcome::Conflict | CommitOutcome::Rejected(_)), "{outcome:?}");
    apply_ok(&harness, &delete(&user(ANN), 2)).await;
    let heir = User { uuid: user(ANN).uuid, ..user(next) };
    apply_ok(&harness, &insert(heir.clone(), 3)).await;
    let by_uuid = SnapshotQuery { target: Some(heir.uuid.into()), ..SnapshotQuery::default() };
    assert_eq!(load(&harness, &by_uuid).await.user, Some(heir), "the UUID of a deleted user is free");
}

/// Law: a user is not inserted into missing groups.
pub async fn groups_must_exist<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let step = insert(member(next_id(&harness).await, [1, 2, 3]), 1);
    assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict);
}

/// Law: a user is deleted with the memberships: the row is gone, the name is free, and the user no longer counts among
/// superusers. The events stay for auditing.
pub async fn a_user_is_deleted<H: Harness<Store: ProvisioningStore>>() {
    let granting = Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([granting], [user(ANN), member(BOB, [1])])).await;
    apply(&harness, &rename(&row(&harness, BOB).await, 1)).await;
    let bob = row(&harness, BOB).await;
    apply_ok(&harness, &delete(&bob, 2)).await;
    assert_eq!(find(&harness, BOB).await, None);
    let by_uuid = SnapshotQuery { target: Some(bob.uuid.into()), ..SnapshotQuery::default() };
    assert_eq!(load(&harness, &by_uuid).await.user, None);
    assert!(!has_other_superuser(&harness, ANN).await);
    let query = DirectoryQuery {
        username: Some(bob.username.clone()),
        members: Some(MemberQuery { of: Some(group_id(1)), users: [].into(), limit: 9 }),
        superusers: Some(SuperuserQuery { groups: group_ids([1]), except: None }),
        ..DirectoryQuery::default()
    };
    let directory = ok(harness.store().load_directory(&query).await);
    assert!(!directory.username_taken && directory.members.is_empty());
    assert_eq!(directory.superusers, Superusers::default());
    let events: Vec<_> = pending(&harness).await.into_iter().map(|event| event.id).collect();
    assert_eq!(events, [change_id(1), change_id(2)]);

    let heir = User { username: bob.username, ..user(next_id(&harness).await) };
    apply_ok(&harness, &insert(heir.clone(), 3)).await;
    assert_eq!(row(&harness, heir.id).await, heir);
}

/// Law: a deletion is conditional on the revision of the decision.
pub async fn a_deletion_compares_the_revision<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    apply(&harness, &rename(&user(BOB), 1)).await;
    assert_eq!(apply_rejected(&harness, &delete(&user(BOB), 2)).await, CommitOutcome::Conflict);
    assert_eq!(apply_rejected(&harness, &delete(&user(UNKNOWN_USER), 3)).await, CommitOutcome::Gone);
}

/// Law: the id of a deleted user is never reused, not even the highest one.
pub async fn ids_are_not_reused<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN)])).await;
    let first = next_id(&harness).await;
    assert!(first > ANN);
    apply_ok(&harness, &insert(user(first), 1)).await;
    apply_ok(&harness, &delete(&user(first), 2)).await;
    assert_eq!(next_id(&harness).await.0, first.0 + 1);
}

/// Law: guards apply to the provisioning of users: they are compared, and incremented by a change that bumps them.
pub async fn guards_hold_for_users<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([], [user(ANN), user(BOB)])).await;
    let epochs = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    let guards = |off: u64| Guards {
        graph: Some(EpochGuard::read(epochs.graph)),
        superusers: Some(EpochGuard::bump(epochs.superusers + off)),
        actor: None,
        ..Guards::default()
    };
    for step in [insert(user(next_id(&harness).await), 1), delete(&user(BOB), 1)] {
        let step = ProvisioningChange { guards: guards(1), ..step };
        assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict);
    }
    apply_ok(&harness, &ProvisioningChange { guards: guards(0), ..delete(&user(BOB), 2) }).await;
    let after = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    assert!(after.superusers > epochs.superusers);
}
