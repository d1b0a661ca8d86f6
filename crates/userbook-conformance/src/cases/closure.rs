//! The groups of a load: each with its ancestors.

use std::collections::BTreeSet;

use userbook::{Group, model::MAX_PARENTS, store::SnapshotQuery};

use crate::{
    Harness,
    build::{ANN, BOB, chain, group, group_id, group_ids, member, rows, user},
    check::{load, target},
};

async fn groups_of<H: Harness>(harness: &H, query: &SnapshotQuery) -> BTreeSet<userbook::GroupId> {
    load(harness, query).await.groups.iter().map(|group| group.id).collect()
}

/// Law: a group comes with its ancestors up to 19 above it, each with name, flag, parent and attributes. The limit is
/// the recorded one. Without the ancestors, a group below a granting group would look like a plain group.
pub async fn ancestors_come_up_to_the_bound<H: Harness>() {
    let bound = MAX_PARENTS as u128;
    for (top, reached) in [(bound, bound), (bound + 1, bound), (bound + 9, bound)] {
        let groups = chain(top);
        let harness = H::with(&rows(groups.clone(), [member(ANN, [0])])).await;
        let snapshot = load(&harness, &SnapshotQuery::user(ANN)).await;
        let found: Vec<_> = snapshot.groups.lineage(group_id(0)).cloned().collect();
        let expected: Vec<_> = groups.into_iter().take(MAX_PARENTS + 1).collect();
        assert_eq!(found, expected);
        assert_eq!(groups_of(&harness, &SnapshotQuery::user(ANN)).await, group_ids(0..=reached));
    }
}

/// Law: each of the user's groups, of the actor's groups and of the query's groups starts its own walk. A walk that
/// ends at a group of another walk would miss ancestors that only the second walk can reach.
pub async fn each_start_counts_by_itself<H: Harness>() {
    let harness = H::with(&rows(chain(60), [member(ANN, [0, 5]), member(BOB, [40])])).await;
    let query = SnapshotQuery { groups: group_ids([7, 55]), ..SnapshotQuery::user(ANN) };
    let mut expected = group_ids((0..=26).chain(55..=60));
    assert_eq!(groups_of(&harness, &query).await, expected);

    expected.extend(group_ids(40..=59));
    assert_eq!(groups_of(&harness, &SnapshotQuery { actor: Some(BOB), ..query }).await, expected);
    assert_eq!(groups_of(&harness, &SnapshotQuery::user(BOB)).await, group_ids(40..=59));
}

/// Law: a cycle among groups ends the walk. Stored data may contain cycles, and a load must return.
pub async fn cycles_end<H: Harness>() {
    let mut groups = chain(2);
    groups.push(Group { parent: Some(group_id(0)), ..group(3) });
    groups.push(Group { parent: Some(group_id(4)), ..group(4) });
    if let Some(top) = groups.get_mut(2) {
        top.parent = Some(group_id(3));
    }
    let harness = H::with(&rows(groups, [member(ANN, [1]), member(BOB, [4])])).await;
    assert_eq!(groups_of(&harness, &SnapshotQuery::user(ANN)).await, group_ids(0..=3));
    assert_eq!(groups_of(&harness, &SnapshotQuery::user(BOB)).await, group_ids([4]));
}

/// Law: of the query's groups only the existing ones are returned, so that a decision learns which groups are missing.
pub async fn unknown_groups_are_left_out<H: Harness>() {
    let harness = H::with(&rows([group(1)], [user(ANN)])).await;
    let query = SnapshotQuery { groups: group_ids([1, 2, 3]), ..SnapshotQuery::user(ANN) };
    let snapshot = load(&harness, &query).await;
    assert_eq!(snapshot.groups.iter().cloned().collect::<Vec<_>>(), [group(1)]);
    assert_eq!(target(&snapshot).groups, group_ids([]), "a group of the query is not a membership");
}
