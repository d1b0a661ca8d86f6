//! Superusers who can act, other than the target.

use userbook::{
    Group, User, UserId,
    model::MAX_PARENTS,
    store::{ChangeSet, FieldChanges},
};

use crate::{
    Harness,
    build::{ANN, BOB, chain, change, group, group_id, group_ids, member, rows, user},
    check::{apply, has_other_superuser, row},
};

fn granting(n: u128) -> Group {
    Group { is_superuser: true, ..group(n) }
}

/// Law: the result concerns users *other* than the target. Counting the target would let the last superuser leave.
pub async fn another_superuser_is_found<H: Harness>() {
    let groups = [granting(1), group(2)];
    let harness = H::with(&rows(groups, [member(ANN, [1, 2]), member(BOB, [2]), user(UserId(3))])).await;
    assert!(!has_other_superuser(&harness, ANN).await, "only ann is superuser");
    assert!(has_other_superuser(&harness, BOB).await, "ann is superuser");
    assert!(has_other_superuser(&harness, UserId(3)).await, "ann is superuser");
}

/// Law: inactive superusers do not count, for any number of them.
pub async fn inactive_superusers_do_not_count<H: Harness>() {
    let retired = |n| User { is_active: false, ..member(UserId(n), [1]) };
    let mut users: Vec<_> = (1000..1300).map(retired).collect();
    users.push(member(ANN, [1]));
    users.push(user(BOB));
    let harness = H::with(&rows([granting(1)], users)).await;
    assert!(!has_other_superuser(&harness, ANN).await);
    assert!(has_other_superuser(&harness, BOB).await);
}

/// Law: a group grants superuser status to members of groups up to 19 below it, not 20, as
/// [`GroupGraph::grants_superuser`](userbook::model::GroupGraph::grants_superuser) evaluates it.
pub async fn superuser_status_reaches_down_to_the_bound<H: Harness>() {
    let bound = MAX_PARENTS as u128;
    for (distance, expected) in [(0, true), (1, true), (bound, true), (bound + 1, false)] {
        let mut groups = chain(distance);
        groups.push(granting(distance));
        groups.remove(usize::try_from(distance).expect("the chain is short"));
        let harness = H::with(&rows(groups, [member(BOB, [0]), user(ANN)])).await;
        assert_eq!(has_other_superuser(&harness, ANN).await, expected, "{distance} levels below");
    }
    // Two granting groups in one chain: the nearer one counts.
    let mut groups = chain(bound + 9);
    for at in [bound + 9, bound - 2] {
        if let Some(group) = groups.iter_mut().find(|group| group.id == group_id(at)) {
            group.is_superuser = true;
        }
    }
    let harness = H::with(&rows(groups, [member(BOB, [0]), user(ANN)])).await;
    assert!(has_other_superuser(&harness, ANN).await);
}

/// Law: a cycle among groups neither hides a superuser nor causes an endless loop.
pub async fn cycles_hide_no_superuser<H: Harness>() {
    let cycle = |is_superuser: bool| {
        let below = |n: u128| Group { parent: Some(group_id(n)), ..group((n + 1) % 3) };
        [below(0), below(1), Group { is_superuser, ..below(2) }]
    };
    for (granted, expected) in [(true, true), (false, false)] {
        let harness = H::with(&rows(cycle(granted), [member(BOB, [1]), user(ANN)])).await;
        assert_eq!(has_other_superuser(&harness, ANN).await, expected);
    }
}

/// Law: a deactivated user stops counting in the same step, and an activated user counts, although the change names no
/// membership.
pub async fn deactivation_and_activation_count<H: Harness>() {
    let harness = H::with(&rows([granting(1), group(2)], [member(BOB, [1, 2]), user(ANN)])).await;
    for (n, active) in [false, true, false, true].into_iter().enumerate() {
        let fields = FieldChanges { is_active: Some(active), ..FieldChanges::default() };
        apply(&harness, &ChangeSet { fields, ..change(&row(&harness, BOB).await, n as u128) }).await;
        assert_eq!(row(&harness, BOB).await.groups, group_ids([1, 2]), "the memberships stay");
        assert_eq!(has_other_superuser(&harness, ANN).await, active);
    }
}

/// A step: the new activity, the added and removed groups, and whether another superuser exists afterwards.
type Activity<'a> = (Option<bool>, &'a [u128], &'a [u128], bool);

/// Law: the same applies to memberships that are added or removed in the same change as the activity, or later.
pub async fn joining_while_the_activity_changes_counts<H: Harness>() {
    let harness = H::with(&rows([granting(1), granting(2)], [member(BOB, [2]), user(ANN)])).await;
    let steps: [Activity<'_>; 8] = [
        (Some(false), &[1], &[2], false),
        (None, &[2], &[1], false),
        (Some(true), &[], &[], true),
        (Some(false), &[], &[2], false),
        (Some(true), &[1], &[], true),
        (None, &[], &[1], false),
        (None, &[2], &[], true),
        (None, &[1], &[2], true),
    ];
    for (n, (is_active, added, removed, expected)) in steps.into_iter().enumerate() {
        let change = ChangeSet {
            fields: FieldChanges { is_active, ..FieldChanges::default() },
            groups_added: group_ids(added.iter().copied()),
            groups_removed: group_ids(removed.iter().copied()),
            ..change(&row(&harness, BOB).await, n as u128)
        };
        apply(&harness, &change).await;
        assert_eq!(has_other_superuser(&harness, ANN).await, expected, "after step {n}");
    }
}
