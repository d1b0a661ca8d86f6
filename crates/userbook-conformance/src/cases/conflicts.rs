//! Changes that can no longer be applied. Each leaves row, memberships, counters and events unchanged.

use userbook::{
    User,
    store::{ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards},
};

use crate::{
    Harness,
    build::{ANN, BOB, UNKNOWN_USER, change, group, group_ids, member, name, rename, rows, user, username},
    check::{apply, apply_rejected, epochs, pending, row},
};

/// Returns a change with every kind of content.
async fn rich<H: Harness>(harness: &H, user: &User) -> ChangeSet {
    let epochs = epochs(harness).await;
    ChangeSet {
        fields: FieldChanges {
            name: Some(name("changed")),
            is_active: Some(false),
            last_login: Some(None),
            ..FieldChanges::default()
        },
        groups_added: group_ids([2]),
        groups_removed: group_ids([1]),
        guards: Guards {
            graph: Some(EpochGuard::bump(epochs.graph)),
            superusers: Some(EpochGuard::bump(epochs.superusers)),
            actor: None,
            ..Guards::default()
        },
        ..change(user, 99)
    }
}

async fn prepared<H: Harness>() -> H {
    let granting = userbook::Group { is_superuser: true, ..group(1) };
    H::with(&rows([granting, group(2)], [member(ANN, [1]), member(BOB, [1])])).await
}

/// Law: a change that was decided on another revision is a conflict. Applying two decisions on one state would lose
/// the first.
pub async fn another_revision_leaves_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    let old = row(&harness, ANN).await;
    apply(&harness, &rename(&old, 1)).await;
    let late = rich(&harness, &old).await;
    assert_eq!(apply_rejected(&harness, &late, &[ANN, BOB]).await, CommitOutcome::Conflict);

    // An equally late change that was decided on the current state is applied.
    let again = rich(&harness, &row(&harness, ANN).await).await;
    apply(&harness, &again).await;
}

/// Law: a missing row is `Gone`, not a conflict, because a retry would not help.
pub async fn gone_leaves_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    let change = rich(&harness, &user(UNKNOWN_USER)).await;
    assert_eq!(apply_rejected(&harness, &change, &[ANN, BOB, UNKNOWN_USER]).await, CommitOutcome::Gone);
}

/// Law: a username that another user has is a conflict in the commit itself, because a check before the commit is too
/// early.
pub async fn a_taken_username_leaves_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    let mut change = rich(&harness, &row(&harness, ANN).await).await;
    change.fields.username = Some(username(&user(BOB).username));
    assert_eq!(apply_rejected(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
}

/// Law: a change that adds missing groups is a conflict, and adds none of the other groups.
pub async fn missing_groups_leave_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    for added in [vec![3], vec![2, 3, 4]] {
        let mut change = rich(&harness, &row(&harness, ANN).await).await;
        change.groups_added = group_ids(added);
        assert_eq!(apply_rejected(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
    }
}

/// Law: a repeated change is a conflict, so that a caller can repeat it after an ambiguous error.
pub async fn the_same_change_is_not_applied_twice<H: Harness>() {
    let harness = prepared::<H>().await;
    let change = rich(&harness, &row(&harness, ANN).await).await;
    apply(&harness, &change).await;
    assert_eq!(apply_rejected(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
    assert_eq!(pending(&harness).await.len(), 1);
}
