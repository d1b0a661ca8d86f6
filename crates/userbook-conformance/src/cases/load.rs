//! What a load answers.

use std::collections::BTreeSet;

use serde_json::json;
use userbook::{ActorState, Group, SnapshotQuery, User, UserId, UserStore, UserType};

use crate::{
    Harness,
    build::{ANN, BOB, NOBODY, change_id, group, group_ids, member, rows, user},
    check::{load, ok},
};

/// Law: there is no snapshot of a user who is not there. Anything else would let a decision be made on nothing.
pub async fn unknown_user_is_none<H: Harness>() {
    let harness = H::with(&rows([group(1)], [user(ANN)])).await;
    let query = SnapshotQuery { actor: Some(ANN), groups: group_ids([1]), ..SnapshotQuery::user(NOBODY) };
    assert_eq!(ok(harness.store().load(&query).await), None);
    assert_eq!(ok(harness.store().load(&SnapshotQuery::user(UserId(0))).await), None);
}

/// Law: a row comes back as it was stored, column by column; of every user, not of the first that comes.
pub async fn every_column_comes_back<H: Harness>() {
    let users = [
        member(ANN, [1, 3]),
        User {
            is_active: false,
            last_login: None,
            name: String::new(),
            email: String::new(),
            user_type: UserType::InternalServiceAccount,
            attributes: json!({}).into(),
            ..member(BOB, [2])
        },
        User { user_type: UserType::Internal, version: 0, ..user(UserId(1)) },
        User { user_type: UserType::ServiceAccount, ..member(UserId(2), [1, 2, 3]) },
    ];
    let harness = H::with(&rows([group(1), group(2), group(3)], users.clone())).await;
    for user in users {
        let snapshot = load(&harness, &SnapshotQuery::user(user.id)).await;
        let groups: BTreeSet<_> = snapshot.groups.iter().map(|group| group.id).collect();
        assert_eq!(groups, user.groups);
        assert_eq!(snapshot.user, user);
    }
}

/// Law: the actor's state comes with the same load, and the lineage of each of its groups. Rights come from
/// there, so a state read at another moment would let somebody act who was deactivated meanwhile.
pub async fn the_actor_is_read_in_the_same_moment<H: Harness>() {
    let top = Group { is_superuser: true, ..group(2) };
    let below = Group { parent: Some(top.id), ..group(1) };
    let inactive = User { is_active: false, user_type: UserType::Internal, ..member(BOB, [1]) };
    let harness = H::with(&rows([below, top], [member(ANN, [2]), inactive.clone()])).await;

    let query = SnapshotQuery { actor: Some(BOB), ..SnapshotQuery::user(ANN) };
    let snapshot = load(&harness, &query).await;
    let expected = ActorState {
        id: BOB,
        is_active: false,
        user_type: UserType::Internal,
        groups: group_ids([1]),
        revision: inactive.revision,
    };
    assert_eq!(snapshot.actor, Some(expected));
    assert!(snapshot.groups.grants_superuser(&group_ids([1])), "the actor's lineage is in the snapshot");
    assert_eq!(snapshot.user.groups, group_ids([2]), "the actor's groups are not the user's");

    let query = SnapshotQuery { actor: Some(ANN), ..SnapshotQuery::user(ANN) };
    let myself = load(&harness, &query).await.actor.expect("whoever acts on themself is there");
    assert_eq!((myself.id, myself.is_active, myself.groups), (ANN, true, group_ids([2])));

    let query = SnapshotQuery { actor: Some(NOBODY), ..SnapshotQuery::user(ANN) };
    assert_eq!(load(&harness, &query).await.actor, None);
}

/// Law: what was not asked for is not told: no actor, no answer about other superusers, no name taken, nothing
/// change_committed, no groups but the user's. Questions cost time.
pub async fn what_was_not_asked_for_is_not_told<H: Harness>() {
    let power = Group { is_superuser: true, ..group(1) };
    let attributes = json!({ "deep": [{}] });
    let ann = User { attributes: attributes.into(), ..user(ANN) };
    let harness = H::with(&rows([power], [ann.clone(), member(BOB, [1])])).await;
    let snapshot = load(&harness, &SnapshotQuery::user(ANN)).await;
    assert_eq!(snapshot.user, ann);
    assert_eq!((snapshot.actor, snapshot.other_active_superuser), (None, None));
    assert!(!snapshot.username_taken && !snapshot.change_committed);
    assert_eq!(snapshot.groups.iter().count(), 0);

    let query = SnapshotQuery { change: Some(change_id(1)), ..SnapshotQuery::user(ANN) };
    assert!(
        !load(&harness, &query).await.change_committed,
        "a change that nobody committed has not change_committed"
    );
}
