//! Creating, overwriting and deleting groups.

use userbook::test_support::assert_same;
use userbook::{
    Group, Revision, User,
    model::GroupGraph,
    store::{
        ActorGuard, CommitOutcome, DirectoryQuery, EpochGuard, Guards, ProvisioningChange, ProvisioningOp,
        ProvisioningStore,
    },
};

use super::{
    cancel::interrupted,
    user_provisioning::{apply_ok, apply_rejected},
};
use crate::{
    Harness,
    build::{
        ANN, BOB, chain, change_id, group, group_id, group_ids, member, member_change, moment, provision,
        rows, user,
    },
    check::{epochs, has_other_superuser, ok, pending, row},
};

/// Returns a group write as the core creates it: with an incrementing `graph` guard.
pub(super) async fn group_write<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    op: ProvisioningOp,
    n: u128,
) -> ProvisioningChange {
    let graph = epochs(harness).await.graph;
    let guards = Guards { graph: Some(EpochGuard::bump(graph)), ..Guards::default() };
    ProvisioningChange { guards, ..provision(op, n) }
}

pub(super) async fn put<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    group: Group,
    n: u128,
) -> ProvisioningChange {
    group_write(harness, ProvisioningOp::PutGroup(Box::new(group)), n).await
}

pub(super) async fn delete<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    group: u128,
    n: u128,
) -> ProvisioningChange {
    group_write(harness, ProvisioningOp::DeleteGroup(group_id(group)), n).await
}

pub(super) async fn all_groups<H: Harness<Store: ProvisioningStore>>(harness: &H) -> GroupGraph {
    let query = DirectoryQuery { groups: group_ids(0..9), ..DirectoryQuery::default() };
    ok(harness.store().load_directory(&query).await).groups
}

pub(super) fn graph(groups: impl Into<Vec<Group>>) -> GroupGraph {
    groups.into().into_iter().collect()
}

/// Law: a group is inserted with all columns, counted, and has an event.
pub async fn a_group_is_inserted<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN)])).await;
    let before = epochs(&harness).await;
    let below = Group { parent: Some(group_id(1)), is_superuser: true, ..group(2) };
    let step = put(&harness, below.clone(), 1).await;
    apply_ok(&harness, &step).await;
    assert_eq!(all_groups(&harness).await, graph([group(1), below]));
    assert!(epochs(&harness).await.graph > before.graph);
    assert_eq!(pending(&harness).await, [(*step.event).clone()]);
}

/// Law: a group is overwritten in place: its members and child groups stay, and have the superuser status that the
/// group now grants.
pub async fn a_group_is_overwritten<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows(chain(2), [user(ANN), member(BOB, [0])])).await;
    let old = chain(2);
    let granting = Group { is_superuser: true, name: "admins".to_owned(), parent: None, ..group(1) };
    apply_ok(&harness, &put(&harness, granting.clone(), 1).await).await;
    assert!(has_other_superuser(&harness, ANN).await, "the granted status includes child groups");
    let mut expected = graph(old.clone());
    expected.insert(granting.clone());
    assert_eq!(all_groups(&harness).await, expected);
    assert_eq!(row(&harness, BOB).await.groups, group_ids([0]));

    // The old name is free, and the own name is not a conflict.
    let named = DirectoryQuery { group_name: Some(group(1).name), ..DirectoryQuery::default() };
    assert_eq!(ok(harness.store().load_directory(&named).await).group_named, None);
    let harmless = Group { is_superuser: false, parent: Some(group_id(2)), ..granting };
    apply_ok(&harness, &put(&harness, harmless, 2).await).await;
    assert!(!has_other_superuser(&harness, ANN).await, "a revoked status does not include child groups");

    // Superuser status from a new ancestor after a move.
    apply_ok(&harness, &put(&harness, Group { is_superuser: true, ..group(2) }, 3).await).await;
    assert!(has_other_superuser(&harness, ANN).await);
    apply_ok(&harness, &put(&harness, Group { parent: None, ..group(1) }, 4).await).await;
    assert!(!has_other_superuser(&harness, ANN).await, "the group is no longer below a granting group");
}

/// Law: a parent must exist. A group may be its own parent, like every other cycle.
pub async fn a_parent_must_exist<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    for orphan in [1, 2] {
        let orphan = Group { parent: Some(group_id(8)), ..group(orphan) };
        let outcome = apply_rejected(&harness, &put(&harness, orphan, 1).await).await;
        assert_eq!(outcome, CommitOutcome::Conflict);
    }
    for n in [1, 2] {
        let own = Group { parent: Some(group_id(n)), ..group(n) };
        apply_ok(&harness, &put(&harness, own, 10 + n).await).await;
    }
}

/// Law: imported groups may share a name. A write keeps the name of such a group, but gives no group a name that
/// another group has.
pub async fn imported_groups_may_share_a_name<H: Harness<Store: ProvisioningStore>>() {
    let twin = |n| Group { name: "twin".to_owned(), ..group(n) };
    let harness = H::with(&rows([twin(1), twin(2), group(3)], [member(ANN, [1]), member(BOB, [2])])).await;
    assert_eq!(all_groups(&harness).await, graph([twin(1), twin(2), group(3)]));
    for (except, found) in [(1, 2), (2, 1)] {
        let named = DirectoryQuery {
            group_name: Some(twin(1).name),
            group_name_except: Some(group_id(except)),
            ..DirectoryQuery::default()
        };
        let named = ok(harness.store().load_directory(&named).await).group_named;
        assert_eq!(named, Some(group_id(found)));
    }
    for n in [1, 2] {
        let changed = Group { is_superuser: true, ..twin(n) };
        apply_ok(&harness, &put(&harness, changed, n).await).await;
    }
    for (n, third) in [(3, twin(3)), (4, twin(4))] {
        let outcome = apply_rejected(&harness, &put(&harness, third, 10 + n).await).await;
        assert_eq!(outcome, CommitOutcome::Conflict);
    }
    let renamed = Group { name: "other".to_owned(), ..group(2) };
    apply_ok(&harness, &put(&harness, renamed.clone(), 20).await).await;
    let granting = Group { is_superuser: true, ..twin(1) };
    assert_eq!(all_groups(&harness).await, graph([granting, renamed, group(3)]));
    let namesake = Group { name: "other".to_owned(), ..group(4) };
    let outcome = apply_rejected(&harness, &put(&harness, namesake, 21).await).await;
    assert_eq!(outcome, CommitOutcome::Conflict, "the new name is unique");
}

/// Law: group names are unique. Decisions read names under the `graph` counter. If the name is taken nevertheless, it
/// was written without an increment of the counter, and the change is a conflict.
pub async fn group_names_are_unique<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1), group(2)], [user(ANN), user(BOB)])).await;
    for namesake in [2, 3] {
        let namesake = Group { name: group(1).name, ..group(namesake) };
        assert_eq!(
            apply_rejected(&harness, &put(&harness, namesake, 1).await).await,
            CommitOutcome::Conflict
        );
    }
}

/// Law: a group without members is deleted; child groups lose their parent at the time of the event, and the rows of
/// users stay unchanged.
pub async fn a_group_is_deleted<H: Harness<Store: ProvisioningStore>>() {
    let mut groups = chain(3);
    if let Some(granting) = groups.get_mut(2) {
        granting.is_superuser = true;
    }
    let harness = H::with(&rows(groups, [member(ANN, [1, 3]), member(BOB, [1])])).await;
    assert!(has_other_superuser(&harness, ANN).await);
    let step = delete(&harness, 2, 1).await;
    apply_ok(&harness, &step).await;

    let [zero, one, _, three] = [0, 1, 2, 3].map(group);
    let zero = Group { parent: Some(one.id), ..zero };
    let one = Group { updated_at: step.event.time, ..one };
    assert_eq!(all_groups(&harness).await, graph([zero, one, three]));
    assert_same(&row(&harness, ANN).await, &member(ANN, [1, 3]));
    assert_same(&row(&harness, BOB).await, &member(BOB, [1]));
    assert!(!has_other_superuser(&harness, ANN).await);
    assert_eq!(pending(&harness).await, [(*step.event).clone()]);

    // A later group with the same name and id has no members.
    apply_ok(&harness, &put(&harness, Group { is_superuser: true, ..group(2) }, 2).await).await;
    assert!(!has_other_superuser(&harness, BOB).await && !has_other_superuser(&harness, ANN).await);
}

/// Law: a missing group is `Gone`.
pub async fn a_missing_group_is_gone<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    assert_eq!(apply_rejected(&harness, &delete(&harness, 2, 1).await).await, CommitOutcome::Gone);
    apply_ok(&harness, &delete(&harness, 1, 2).await).await;
    assert_eq!(apply_rejected(&harness, &delete(&harness, 1, 3).await).await, CommitOutcome::Gone);
}

/// Law: guards apply to group writes: a change that was decided on an older graph, or by an actor whose row has
/// changed, is a conflict.
pub async fn guards_hold_for_groups<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let late = [put(&harness, group(2), 2).await, delete(&harness, 1, 2).await];
    apply_ok(&harness, &put(&harness, Group { name: "renamed".to_owned(), ..group(1) }, 1).await).await;
    for step in late {
        assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict);
    }
    let mut step = put(&harness, group(2), 3).await;
    step.guards.actor = Some(ActorGuard { user: ANN, revision: Revision(uuid::Uuid::nil()) });
    assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict);
    step.guards.actor = Some(ActorGuard { user: ANN, revision: user(ANN).revision });
    apply_ok(&harness, &step).await;
}

/// Law: a group write whose future is dropped is applied completely or not at all, member changes included.
pub async fn a_dropped_group_write_is_whole_or_nothing<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1])])).await;
    let before = row(&harness, ANN).await;
    let mut ended = false;
    let mut n = 0;
    while !ended {
        let ann = member_change(&before, false, 10_000 + n);
        let step = ProvisioningChange { members: vec![ann], ..delete(&harness, 1, 2 * n).await };
        let store = harness.store();
        let polls = usize::try_from(n).unwrap_or(usize::MAX);
        ended = interrupted(async { drop(ok(store.provision(&step).await)) }, polls).await;

        // This write follows the rest of the dropped one.
        apply_ok(
            &harness,
            &put(&harness, Group { name: format!("beside {n}"), ..group(2) }, 2 * n + 1).await,
        )
        .await;
        let events = pending(&harness).await;
        let has_event = |id| events.iter().any(|event| event.id == id);
        let after = row(&harness, ANN).await;
        if has_event(step.event.id) {
            let left = User {
                revision: change_id(10_000 + n).into(),
                version: before.version + 1,
                updated_at: moment(i64::try_from(10_000 + n).unwrap_or(0)),
                ..user(ANN)
            };
            assert_eq!(after, left, "half a group write is stored");
            assert!(has_event(change_id(10_000 + n)), "the member's event is missing");
            assert!(!all_groups(&harness).await.contains(group_id(1)));
            break;
        }
        assert!(!ended, "an acknowledged group write is missing");
        assert!(!has_event(change_id(10_000 + n)), "half a group write is stored");
        assert_eq!(after, before, "half a group write is stored");
        n += 1;
        assert!(n < 1000, "the group write does not end");
    }
}
