//! The facts that a load returns.

use std::collections::BTreeSet;

use serde_json::json;
use userbook::{
    Group, User, UserId, UserType,
    store::{ActorState, Snapshot, SnapshotQuery, Superusers},
};
use uuid::Uuid;

use crate::{
    Harness,
    build::{ANN, BOB, UNKNOWN_USER, change_id, group, group_ids, member, rename, rows, user},
    check::{apply, load, row, target},
};

/// Law: a missing target is a normal result: actor, groups, counters and other facts are returned nevertheless.
/// Authorization reads the actor before the target is known to exist.
pub async fn facts_come_without_a_target<H: Harness>() {
    let granting = Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([granting, group(2)], [member(ANN, [1]), user(BOB)])).await;
    apply(&harness, &rename(&row(&harness, BOB).await, 1)).await;
    let found = SnapshotQuery {
        username: Some(user(BOB).username),
        groups: group_ids([2, 3]),
        actor: Some(ANN),
        other_superusers: true,
        change: Some(change_id(1)),
        ..SnapshotQuery::user(ANN)
    };
    let expected = load(&harness, &found).await;
    for target in [None, Some(UNKNOWN_USER.into()), Some(UserId(0).into()), Some(Uuid::nil().into())] {
        let snapshot = load(&harness, &SnapshotQuery { target, ..found.clone() }).await;
        let superusers = Some(Superusers { person: true, service_account: false });
        assert_eq!(
            snapshot,
            Snapshot { user: None, other_superusers: superusers, ..expected.clone() },
            "{target:?}"
        );
        assert_eq!(snapshot.actor.map(|actor| actor.id), Some(ANN));
        assert_eq!(snapshot.groups.iter().map(|group| group.id).collect::<BTreeSet<_>>(), group_ids([1, 2]));
        assert!(snapshot.username_taken && snapshot.change_committed);
    }
    let nothing = load(&harness, &SnapshotQuery::default()).await;
    assert_eq!(nothing, Snapshot { epochs: expected.epochs, ..Snapshot::default() });
}

/// Law: a user is found by UUID as by id, with the same facts.
pub async fn a_user_is_found_by_uuid<H: Harness>() {
    let granting = Group { is_superuser: true, ..group(1) };
    let harness = H::with(&rows([granting, group(2)], [member(ANN, [1, 2]), member(BOB, [2])])).await;
    for user in [member(ANN, [1, 2]), member(BOB, [2])] {
        let by_id = SnapshotQuery {
            username: Some(user.username.clone()),
            actor: Some(BOB),
            other_superusers: true,
            ..SnapshotQuery::user(user.id)
        };
        let by_uuid = SnapshotQuery { target: Some(user.uuid.into()), ..by_id.clone() };
        let found = load(&harness, &by_uuid).await;
        assert_eq!(found, load(&harness, &by_id).await);
        assert!(!found.username_taken, "a user's own name is not taken by another user");
        assert_eq!(found.user, Some(user));
    }
}

/// Law: every column of a row is read back as stored, for every user.
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
        assert_eq!(snapshot.user, Some(user));
    }
}

/// Law: the actor's state is part of the same load, with the ancestors of the actor's groups. Rights depend on them; a
/// state of another moment could let a deactivated user act.
pub async fn the_actor_is_read_in_the_same_moment<H: Harness>() {
    let top = Group { is_superuser: true, ..group(2) };
    let below = Group { parent: Some(top.id), ..group(1) };
    let inactive = User {
        is_active: false,
        user_type: UserType::Internal,
        path: "staff/eu".into(),
        attributes: json!({ "department": "sales" }).into(),
        ..member(BOB, [1])
    };
    let harness = H::with(&rows([below, top], [member(ANN, [2]), inactive.clone()])).await;

    let query = SnapshotQuery { actor: Some(BOB), ..SnapshotQuery::user(ANN) };
    let snapshot = load(&harness, &query).await;
    let expected = ActorState {
        id: BOB,
        is_active: false,
        user_type: UserType::Internal,
        path: inactive.path.clone(),
        attributes: inactive.attributes.clone(),
        groups: group_ids([1]),
        revision: inactive.revision,
    };
    assert_eq!(snapshot.actor, Some(expected));
    assert!(
        snapshot.groups.grants_superuser(&group_ids([1])),
        "the ancestors of the actor's groups are in the snapshot"
    );
    assert_eq!(target(&snapshot).groups, group_ids([2]), "the actor's groups are not the target's");

    let query = SnapshotQuery { actor: Some(ANN), ..SnapshotQuery::user(ANN) };
    let myself = load(&harness, &query).await.actor.expect("the actor is the target");
    assert_eq!((myself.id, myself.is_active, myself.groups), (ANN, true, group_ids([2])));

    let query = SnapshotQuery { actor: Some(UNKNOWN_USER), ..SnapshotQuery::user(ANN) };
    assert_eq!(load(&harness, &query).await.actor, None);
}

/// Law: facts that the query does not request are absent: no actor, no result about other superusers, no taken name,
/// no committed change, only the target's groups. Each fact has a cost.
pub async fn other_facts_are_absent<H: Harness>() {
    let granting = Group { is_superuser: true, ..group(1) };
    let attributes = json!({ "deep": [{}] });
    let ann = User { attributes: attributes.into(), ..user(ANN) };
    let harness = H::with(&rows([granting], [ann.clone(), member(BOB, [1])])).await;
    let snapshot = load(&harness, &SnapshotQuery::user(ANN)).await;
    assert_eq!(snapshot.user, Some(ann));
    assert_eq!((snapshot.actor, snapshot.other_superusers), (None, None));
    assert!(!snapshot.username_taken && !snapshot.change_committed);
    assert_eq!(snapshot.groups.iter().count(), 0);

    let query = SnapshotQuery { change: Some(change_id(1)), ..SnapshotQuery::user(ANN) };
    assert!(!load(&harness, &query).await.change_committed, "no commit has this id");
}
