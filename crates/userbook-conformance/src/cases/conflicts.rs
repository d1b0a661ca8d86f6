//! Changes that cannot be applied any more. Each leaves no trace: row, memberships, counters, events.

use userbook::{
    User,
    store::{ChangeSet, CommitOutcome, EpochGuard, FieldChanges, Guards},
};

use crate::{
    Harness,
    build::{ANN, BOB, NOBODY, change, group, group_ids, member, name, rename, rows, user, username},
    check::{apply, apply_refused, epochs, pending, row},
};

/// A change with everything in it that could leave a trace.
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
        },
        ..change(user, 99)
    }
}

async fn prepared<H: Harness>() -> H {
    let granting = userbook::Group { is_superuser: true, ..group(1) };
    H::with(&rows([granting, group(2)], [member(ANN, [1]), member(BOB, [1])])).await
}

/// Law: a change that was decided on another revision is a conflict. Two decisions made from one state must not both be
/// applied, or the first is lost.
pub async fn another_revision_leaves_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    let old = row(&harness, ANN).await;
    apply(&harness, &rename(&old, 1)).await;
    let late = rich(&harness, &old).await;
    assert_eq!(apply_refused(&harness, &late, &[ANN, BOB]).await, CommitOutcome::Conflict);

    // As late, but decided on the state that is there: applied.
    let again = rich(&harness, &row(&harness, ANN).await).await;
    apply(&harness, &again).await;
}

/// Law: a row that does not exist is gone, which is no conflict: another attempt would not help.
pub async fn gone_leaves_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    let change = rich(&harness, &user(NOBODY)).await;
    assert_eq!(apply_refused(&harness, &change, &[ANN, BOB, NOBODY]).await, CommitOutcome::Gone);
}

/// Law: a name that another user has taken is a conflict in the commit itself: a check before the commit is too early.
pub async fn a_taken_username_leaves_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    let mut change = rich(&harness, &row(&harness, ANN).await).await;
    change.fields.username = Some(username(&user(BOB).username));
    assert_eq!(apply_refused(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
}

/// Law: a change that joins groups that no longer exist is a conflict. None of the others is joined.
pub async fn missing_groups_leave_no_trace<H: Harness>() {
    let harness = prepared::<H>().await;
    for added in [vec![3], vec![2, 3, 4]] {
        let mut change = rich(&harness, &row(&harness, ANN).await).await;
        change.groups_added = group_ids(added);
        assert_eq!(apply_refused(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
    }
}

/// Law: a change that was applied is a conflict when it comes again. After an ambiguous failure a caller that repeats
/// it does no harm.
pub async fn the_same_change_is_not_applied_twice<H: Harness>() {
    let harness = prepared::<H>().await;
    let change = rich(&harness, &row(&harness, ANN).await).await;
    apply(&harness, &change).await;
    assert_eq!(apply_refused(&harness, &change, &[ANN, BOB]).await, CommitOutcome::Conflict);
    assert_eq!(pending(&harness).await.len(), 1);
}
