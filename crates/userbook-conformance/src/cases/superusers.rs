//! Whether somebody else is left with power: active, and superuser by the hierarchy.

use userbook::{ChangeSet, FieldChanges, Group, MAX_PARENTS, User, UserId};

use crate::{
    Harness,
    build::{ANN, BOB, chain, change, group, group_id, group_ids, member, rows, user},
    check::{apply, other_power, row},
};

fn power(n: u128) -> Group {
    Group { is_superuser: true, ..group(n) }
}

/// Law: the answer is about users *other* than the one asked about. The last superuser may not leave because
/// the store counts them among those who stay.
pub async fn another_active_superuser_is_found<H: Harness>() {
    let groups = [power(1), group(2)];
    let harness = H::with(&rows(groups, [member(ANN, [1, 2]), member(BOB, [2]), user(UserId(3))])).await;
    assert!(!other_power(&harness, ANN).await, "nobody but ann has power");
    assert!(other_power(&harness, BOB).await, "ann has power");
    assert!(other_power(&harness, UserId(3)).await, "ann has power");
}

/// Law: an inactive superuser has no power, however many of them there are.
pub async fn inactive_superusers_have_no_power<H: Harness>() {
    let retired = |n| User { is_active: false, ..member(UserId(n), [1]) };
    let mut users: Vec<_> = (1000..1300).map(retired).collect();
    users.push(member(ANN, [1]));
    users.push(user(BOB));
    let harness = H::with(&rows([power(1)], users)).await;
    assert!(!other_power(&harness, ANN).await);
    assert!(other_power(&harness, BOB).await);
}

/// Law: a superuser group gives power to members of groups up to 19 below it, not 20: as
/// [`GroupGraph::grants_superuser`](userbook::GroupGraph::grants_superuser) tells it, so must the store.
pub async fn power_reaches_down_to_the_bound<H: Harness>() {
    let bound = MAX_PARENTS as u128;
    for (distance, expected) in [(0, true), (1, true), (bound, true), (bound + 1, false)] {
        let mut groups = chain(distance);
        groups.push(power(distance));
        groups.remove(usize::try_from(distance).expect("the chain is short"));
        let harness = H::with(&rows(groups, [member(BOB, [0]), user(ANN)])).await;
        assert_eq!(other_power(&harness, ANN).await, expected, "{distance} levels below");
    }
    // Two superuser groups in one line: the nearer one counts.
    let mut groups = chain(bound + 9);
    for at in [bound + 9, bound - 2] {
        if let Some(group) = groups.iter_mut().find(|group| group.id == group_id(at)) {
            group.is_superuser = true;
        }
    }
    let harness = H::with(&rows(groups, [member(BOB, [0]), user(ANN)])).await;
    assert!(other_power(&harness, ANN).await);
}

/// Law: a cycle among groups neither hides power nor keeps the store busy for ever.
pub async fn power_survives_cycles<H: Harness>() {
    let cycle = |power: bool| {
        let below = |n: u128| Group { parent: Some(group_id(n)), ..group((n + 1) % 3) };
        [below(0), below(1), Group { is_superuser: power, ..below(2) }]
    };
    for (granted, expected) in [(true, true), (false, false)] {
        let harness = H::with(&rows(cycle(granted), [member(BOB, [1]), user(ANN)])).await;
        assert_eq!(other_power(&harness, ANN).await, expected);
    }
}

/// Law: whoever is deactivated loses power in the same step, and whoever is activated gains it, although not a
/// word is said about memberships.
pub async fn deactivation_takes_power_and_activation_gives_it<H: Harness>() {
    let harness = H::with(&rows([power(1), group(2)], [member(BOB, [1, 2]), user(ANN)])).await;
    for (n, active) in [false, true, false, true].into_iter().enumerate() {
        let fields = FieldChanges { is_active: Some(active), ..FieldChanges::default() };
        apply(&harness, &ChangeSet { fields, ..change(&row(&harness, BOB).await, n as u128) }).await;
        assert_eq!(row(&harness, BOB).await.groups, group_ids([1, 2]), "the memberships stay");
        assert_eq!(other_power(&harness, ANN).await, active);
    }
}

/// What a step does to the activity, which groups are joined and left, and whether there is power then.
type Activity<'a> = (Option<bool>, &'a [u128], &'a [u128], bool);

/// Law: the same holds for memberships that come or go in the very change that alters the activity, or later.
pub async fn joining_while_the_activity_changes<H: Harness>() {
    let harness = H::with(&rows([power(1), power(2)], [member(BOB, [2]), user(ANN)])).await;
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
        assert_eq!(other_power(&harness, ANN).await, expected, "after step {n}");
    }
}
