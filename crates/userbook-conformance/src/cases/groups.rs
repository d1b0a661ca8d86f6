//! Memberships: a change names added and removed groups, never the complete list.

use userbook::store::ChangeSet;

use crate::{
    Harness,
    build::{ANN, BOB, change, group, group_ids, member, rows},
    check::{apply, row},
};

/// Law: groups are added and removed as the change states.
pub async fn joining_and_leaving<H: Harness>() {
    let harness = H::with(&rows((0..5).map(group).collect::<Vec<_>>(), [member(ANN, [0, 1])])).await;
    let steps: [(&[u128], &[u128], &[u128]); 5] = [
        (&[2], &[], &[0, 1, 2]),
        (&[], &[1], &[0, 2]),
        (&[1, 3], &[0, 2], &[1, 3]),
        (&[], &[1, 3], &[]),
        (&[4], &[], &[4]),
    ];
    for (n, (added, removed, expected)) in steps.into_iter().enumerate() {
        let change = ChangeSet {
            groups_added: group_ids(added.iter().copied()),
            groups_removed: group_ids(removed.iter().copied()),
            ..change(&row(&harness, ANN).await, n as u128)
        };
        apply(&harness, &change).await;
        assert_eq!(row(&harness, ANN).await.groups, group_ids(expected.iter().copied()));
    }
}

/// Law: memberships that the change does not name stay, of this user and of others.
pub async fn a_delta_spares_other_memberships<H: Harness>() {
    let users = [member(ANN, [0, 1, 2]), member(BOB, [0, 1, 2])];
    let harness = H::with(&rows((0..5).map(group).collect::<Vec<_>>(), users)).await;
    let change = ChangeSet {
        groups_added: group_ids([3]),
        groups_removed: group_ids([0]),
        ..change(&row(&harness, ANN).await, 1)
    };
    apply(&harness, &change).await;
    assert_eq!(row(&harness, ANN).await.groups, group_ids([1, 2, 3]));
    assert_eq!(row(&harness, BOB).await.groups, group_ids([0, 1, 2]));
}

/// Law: a change may contain any number of groups. Databases limit parameters, packets and aggregates, and some
/// truncate silently.
pub async fn ten_thousand_groups<H: Harness>() {
    const MANY: u128 = 10_000;
    let groups: Vec<_> = (0..=MANY).map(group).collect();
    let harness = H::with(&rows(groups, [member(ANN, [MANY]), member(BOB, [1])])).await;
    let joining = ChangeSet { groups_added: group_ids(0..MANY), ..change(&row(&harness, ANN).await, 1) };
    apply(&harness, &joining).await;
    let everywhere = row(&harness, ANN).await;
    assert_eq!(everywhere.groups, group_ids(0..=MANY));

    let leaving = ChangeSet { groups_removed: group_ids(1..=MANY), ..change(&everywhere, 2) };
    apply(&harness, &leaving).await;
    assert_eq!(row(&harness, ANN).await.groups, group_ids([0]));
    assert_eq!(row(&harness, BOB).await.groups, group_ids([1]));
}
