//! Making and unmaking groups.

use userbook::{
    ActorGuard, CommitOutcome, DirectoryQuery, EpochGuard, Group, GroupGraph, Guards, ProvisioningChange,
    ProvisioningOp, ProvisioningStore, Revision, SnapshotQuery,
};

use super::{
    cancel::interrupted,
    people::{refuse, take},
};
use crate::{
    Harness,
    build::{ANN, BOB, chain, group, group_id, group_ids, member, provision, rows, user},
    check::{load, ok, other_power, pending, row},
};

/// A step about groups as the core makes it: with a changing `graph` guard.
async fn step<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    step: ProvisioningOp,
    n: u128,
) -> ProvisioningChange {
    let epochs = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    let guards = Guards { graph: Some(EpochGuard::bump(epochs.graph)), ..Guards::default() };
    ProvisioningChange { guards, ..provision(step, n) }
}

async fn put<H: Harness<Store: ProvisioningStore>>(harness: &H, group: Group, n: u128) -> ProvisioningChange {
    step(harness, ProvisioningOp::PutGroup(Box::new(group)), n).await
}

async fn delete<H: Harness<Store: ProvisioningStore>>(
    harness: &H,
    group: u128,
    n: u128,
) -> ProvisioningChange {
    step(harness, ProvisioningOp::DeleteGroup(group_id(group)), n).await
}

async fn all_groups<H: Harness<Store: ProvisioningStore>>(harness: &H) -> GroupGraph {
    let query = DirectoryQuery { groups: group_ids(0..9), ..DirectoryQuery::default() };
    ok(harness.store().load_directory(&query).await).groups
}

fn graph(groups: impl Into<Vec<Group>>) -> GroupGraph {
    groups.into().into_iter().collect()
}

/// Law: a group is inserted with all columns, counted, and has an event.
pub async fn a_group_is_inserted<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN)])).await;
    let before = ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs;
    let below = Group { parent: Some(group_id(1)), is_superuser: true, ..group(2) };
    let step = put(&harness, below.clone(), 1).await;
    take(&harness, &step).await;
    assert_eq!(all_groups(&harness).await, graph([group(1), below]));
    assert!(ok(harness.store().load_directory(&DirectoryQuery::default()).await).epochs.graph > before.graph);
    assert_eq!(pending(&harness).await, [step.event]);
}

/// Law: a group is overwritten in place: its members and the groups below stay, and what it grants reaches them
/// as it is now.
pub async fn a_group_is_overwritten<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows(chain(2), [user(ANN), member(BOB, [0])])).await;
    let old = chain(2);
    let power = Group { is_superuser: true, name: "power".to_owned(), parent: None, ..group(1) };
    take(&harness, &put(&harness, power.clone(), 1).await).await;
    assert!(other_power(&harness, ANN).await, "what the group grants reaches those below");
    let mut expected = graph(old.clone());
    expected.insert(power.clone());
    assert_eq!(all_groups(&harness).await, expected);
    assert_eq!(row(&harness, BOB).await.groups, group_ids([0]));

    // The old name is free, and one's own is no conflict.
    let named = DirectoryQuery { group_name: Some(group(1).name), ..DirectoryQuery::default() };
    assert_eq!(ok(harness.store().load_directory(&named).await).group_named, None);
    let harmless = Group { is_superuser: false, parent: Some(group_id(2)), ..power };
    take(&harness, &put(&harness, harmless, 2).await).await;
    assert!(!other_power(&harness, ANN).await, "what is not granted any more does not reach them");

    // Power that comes from above after the group has moved.
    take(&harness, &put(&harness, Group { is_superuser: true, ..group(2) }, 3).await).await;
    assert!(other_power(&harness, ANN).await);
    take(&harness, &put(&harness, Group { parent: None, ..group(1) }, 4).await).await;
    assert!(!other_power(&harness, ANN).await, "it was taken out from under the group that grants");
}

/// Law: a group is not put below one that is not there; below itself it may be, like any cycle.
pub async fn a_parent_must_be_there<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    for orphan in [1, 2] {
        let orphan = Group { parent: Some(group_id(8)), ..group(orphan) };
        match refuse(&harness, &put(&harness, orphan, 1).await).await {
            CommitOutcome::Conflict => assert!(told.is_empty() || told == group_ids([8])),
            other => panic!("a missing parent was answered by {other:?}"),
        }
    }
    for n in [1, 2] {
        let own = Group { parent: Some(group_id(n)), ..group(n) };
        take(&harness, &put(&harness, own, 10 + n).await).await;
    }
}

/// Law: group names are unique. Whoever decides asks for the name under the `graph` counter, so a name that is
/// taken all the same was put there behind it: the decision is stale.
pub async fn a_group_name_is_given_once<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1), group(2)], [user(ANN), user(BOB)])).await;
    for namesake in [2, 3] {
        let namesake = Group { name: group(1).name, ..group(namesake) };
        assert_eq!(refuse(&harness, &put(&harness, namesake, 1).await).await, CommitOutcome::Conflict);
    }
}

/// Law: a group is deleted with the memberships in it; groups below lose their parent, and nothing else of
/// users, not even their revision, changes.
pub async fn a_group_is_deleted<H: Harness<Store: ProvisioningStore>>() {
    let mut groups = chain(3);
    if let Some(power) = groups.get_mut(2) {
        power.is_superuser = true;
    }
    let harness = H::with(&rows(groups, [member(ANN, [1, 2, 3]), member(BOB, [1])])).await;
    assert!(other_power(&harness, ANN).await);
    let step = delete(&harness, 2, 1).await;
    take(&harness, &step).await;

    let [zero, one, _, three] = [0, 1, 2, 3].map(group);
    let zero = Group { parent: Some(one.id), ..zero };
    assert_eq!(all_groups(&harness).await, graph([zero, one, three]));
    assert_eq!(row(&harness, ANN).await, member(ANN, [1, 3]));
    assert_eq!(row(&harness, BOB).await, member(BOB, [1]));
    assert!(!other_power(&harness, ANN).await);
    assert_eq!(pending(&harness).await, [step.event]);

    // A group of that name and id that comes later has no members.
    take(&harness, &put(&harness, Group { is_superuser: true, ..group(2) }, 2).await).await;
    assert!(!other_power(&harness, BOB).await && !other_power(&harness, ANN).await);
}

/// Law: a group that is not there is gone, and stays so.
pub async fn a_missing_group_is_gone<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    assert_eq!(refuse(&harness, &delete(&harness, 2, 1).await).await, CommitOutcome::Gone);
    take(&harness, &delete(&harness, 1, 2).await).await;
    assert_eq!(refuse(&harness, &delete(&harness, 1, 3).await).await, CommitOutcome::Gone);
}

/// Law: guards hold for groups: a step that was decided on an older graph, or by an actor who has changed, is
/// refused.
pub async fn guards_hold_for_groups<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [user(ANN), user(BOB)])).await;
    let late = [put(&harness, group(2), 2).await, delete(&harness, 1, 2).await];
    take(&harness, &put(&harness, Group { name: "renamed".to_owned(), ..group(1) }, 1).await).await;
    for step in late {
        assert_eq!(refuse(&harness, &step).await, CommitOutcome::Conflict);
    }
    let mut step = put(&harness, group(2), 3).await;
    step.guards.actor = Some(ActorGuard { user: ANN, revision: Revision(uuid::Uuid::nil()) });
    assert_eq!(refuse(&harness, &step).await, CommitOutcome::Conflict);
    step.guards.actor = Some(ActorGuard { user: ANN, revision: user(ANN).revision });
    take(&harness, &step).await;
}

/// Law: a step whose future is dropped has happened as a whole or not at all.
pub async fn a_dropped_provision_is_whole_or_nothing<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1])])).await;
    let mut ended = false;
    let mut n = 0;
    while !ended {
        let member_of = load(&harness, &SnapshotQuery::user(ANN)).await.user.groups;
        let step = delete(&harness, 1, 2 * n).await;
        let store = harness.store();
        let polls = usize::try_from(n).unwrap_or(usize::MAX);
        ended = interrupted(async { drop(ok(store.provision(&step).await)) }, polls).await;

        // This write comes after whatever is left of the dropped one.
        take(&harness, &put(&harness, Group { name: format!("beside {n}"), ..group(2) }, 2 * n + 1).await)
            .await;
        let happened = pending(&harness).await.iter().any(|event| event.id == step.event.id);
        let snapshot = load(&harness, &SnapshotQuery::user(ANN)).await;
        if happened {
            assert_eq!(snapshot.user.groups, group_ids([]), "half a step is there");
            assert!(!all_groups(&harness).await.contains(group_id(1)));
            break;
        }
        assert!(!ended, "a step that was answered is there");
        assert_eq!(snapshot.user.groups, member_of, "half a step is there");
        n += 1;
        assert!(n < 1000, "the step does not end");
    }
}
