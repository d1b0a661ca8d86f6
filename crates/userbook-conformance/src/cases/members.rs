//! Member changes: users join and leave a group in the same step that writes or deletes the group.

use userbook::test_support::assert_same;
use userbook::{
    Group, GroupId, Revision, User, UserId, UserType,
    event::EventTarget,
    store::{
        CommitOutcome, DirectoryQuery, Guards, MemberChange, ProvisioningChange, ProvisioningStore,
        Superusers,
    },
};

use super::{
    group_provisioning::{all_groups, delete, graph, put},
    user_provisioning::{apply_ok, apply_rejected},
};
use crate::{
    Harness,
    build::{
        ANN, BOB, UNKNOWN_USER, change_id, group, group_id, group_ids, member, member_change, rename, rows,
        user,
    },
    check::{apply, epochs, ok, other_superusers, pending, row},
};

fn with(step: ProvisioningChange, members: impl Into<Vec<MemberChange>>) -> ProvisioningChange {
    ProvisioningChange { members: members.into(), ..step }
}

/// Returns the user after the member change.
fn changed(user: &User, change: &MemberChange, group: GroupId) -> User {
    let mut user = User {
        revision: change.change.into(),
        version: change.version,
        updated_at: change.event.time,
        ..user.clone()
    };
    if change.joins {
        user.groups.insert(group);
    } else {
        user.groups.remove(&group);
    }
    user
}

/// Law: together with the group, each member's row gets its revision, version, date, membership and event, and nothing
/// else of the row changes. A membership without a new revision would let an update overwrite an unknown state.
pub async fn members_join_and_leave_with_the_group<H: Harness<Store: ProvisioningStore>>() {
    let users = [member(ANN, [1, 2]), member(BOB, [2]), member(UserId(3), [1])];
    let harness = H::with(&rows([group(1), group(2)], users.clone())).await;
    let [ann, bob, other] = &users;
    let renamed = Group { name: "renamed".to_owned(), ..group(1) };
    let changes = [member_change(bob, true, 11), member_change(ann, false, 12)];
    let step = with(put(&harness, renamed.clone(), 1).await, changes.clone());
    apply_ok(&harness, &step).await;

    let [joined, left] = &changes;
    assert_same(&row(&harness, BOB).await, &changed(bob, joined, group_id(1)));
    assert_same(&row(&harness, ANN).await, &changed(ann, left, group_id(1)));
    assert_eq!(row(&harness, UserId(3)).await, *other, "other members stay");
    assert_eq!(all_groups(&harness).await, graph([renamed, group(2)]));
    let events = pending(&harness).await;
    assert_eq!(events.len(), 3);
    for expected in [&step.event, &joined.event, &left.event] {
        assert!(events.contains(expected), "{expected:?}");
    }
    // The next update is decided on the new revision.
    apply(&harness, &rename(&row(&harness, BOB).await, 13)).await;
}

/// Law: a new group gets members in the same step, and they count among superusers immediately.
pub async fn a_new_group_takes_members<H: Harness<Store: ProvisioningStore>>() {
    let robot = User { user_type: UserType::ServiceAccount, ..user(BOB) };
    let retired = User { is_active: false, ..user(UserId(3)) };
    let harness = H::with(&rows([], [user(ANN), robot.clone(), retired.clone()])).await;
    let granting = Group { is_superuser: true, ..group(1) };
    let members = [member_change(&robot, true, 11), member_change(&retired, true, 12)];
    apply_ok(&harness, &with(put(&harness, granting.clone(), 1).await, members)).await;
    let robots = Superusers { person: false, service_account: true };
    assert_eq!(other_superusers(&harness, ANN).await, robots);

    let ann = member_change(&user(ANN), true, 13);
    apply_ok(&harness, &with(put(&harness, granting, 2).await, [ann])).await;
    assert_eq!(other_superusers(&harness, BOB).await, Superusers { person: true, service_account: false });
    for id in [ANN, BOB, UserId(3)] {
        assert_eq!(row(&harness, id).await.groups, group_ids([1]));
    }
}

/// Law: a joining user may be a member already, and a leaving user may not be one: the row and the event are written
/// nevertheless.
pub async fn a_membership_that_does_not_change_is_harmless<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1]), user(BOB)])).await;
    let changes = [member_change(&member(ANN, [1]), true, 11), member_change(&user(BOB), false, 12)];
    apply_ok(&harness, &with(put(&harness, group(1), 1).await, changes.clone())).await;
    let [stays, absent] = &changes;
    assert_same(&row(&harness, ANN).await, &changed(&member(ANN, [1]), stays, group_id(1)));
    assert_same(&row(&harness, BOB).await, &changed(&user(BOB), absent, group_id(1)));
    assert_eq!(pending(&harness).await.len(), 3);
}

/// Law: a missing member or a member with another revision makes the whole change a conflict, at every position in the
/// list.
pub async fn a_member_of_another_revision_leaves_no_trace<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1]), user(BOB), user(UserId(3))])).await;
    let bad = |user: &User, joins, n| MemberChange {
        expected: Revision(uuid::Uuid::nil()),
        ..member_change(user, joins, n)
    };
    let good = |user: &User, joins, n| member_change(user, joins, n);
    let (ann, bob, third) = (member(ANN, [1]), user(BOB), user(UserId(3)));
    for members in [
        vec![bad(&bob, true, 11)],
        vec![bad(&ann, false, 11)],
        vec![good(&ann, false, 11), bad(&bob, true, 12), good(&third, true, 13)],
        vec![good(&ann, false, 11), good(&bob, true, 12), bad(&third, true, 13)],
        vec![good(&bob, true, 11), good(&user(UNKNOWN_USER), true, 12)],
        vec![good(&bob, true, 11), good(&bob, true, 12)],
    ] {
        let renamed = Group { name: "renamed".to_owned(), ..group(1) };
        for step in [put(&harness, renamed, 1).await, put(&harness, group(2), 1).await] {
            let step = with(step, members.clone());
            assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict, "{members:?}");
        }
    }
    let stale = with(delete(&harness, 1, 1).await, [bad(&ann, false, 11)]);
    assert_eq!(apply_rejected(&harness, &stale).await, CommitOutcome::Conflict);
}

/// Law: a group is deleted only together with all of its members, each with revision, version and event. A member that
/// the change does not name is a conflict: the user joined after the decision and would lose the group unnoticed.
pub async fn a_forgotten_member_keeps_the_group<H: Harness<Store: ProvisioningStore>>() {
    let retired = User { is_active: false, ..member(BOB, [1, 2]) };
    let users = [member(ANN, [1]), retired.clone(), member(UserId(3), [2])];
    let harness = H::with(&rows([group(1), group(2)], users)).await;
    let (ann, bob) = (member_change(&member(ANN, [1]), false, 11), member_change(&retired, false, 12));
    for members in
        [vec![], vec![ann.clone()], vec![bob.clone()], vec![ann.clone(), member_change(&retired, true, 12)]]
    {
        let step = with(delete(&harness, 1, 1).await, members);
        assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict, "{:?}", step.members);
    }
    let step = with(delete(&harness, 1, 1).await, [ann.clone(), bob.clone()]);
    apply_ok(&harness, &step).await;
    assert_eq!(all_groups(&harness).await, graph([group(2)]));
    assert_same(&row(&harness, ANN).await, &changed(&member(ANN, [1]), &ann, group_id(1)));
    assert_same(&row(&harness, BOB).await, &changed(&retired, &bob, group_id(1)));
    assert_eq!(pending(&harness).await.len(), 3);
}

/// Law: the other parts of a group write apply to its members too: after a failed guard, a taken name, a missing
/// parent or a missing group, the members' rows, memberships and events are unchanged.
pub async fn members_are_bound_to_the_group_write<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1), group(2)], [member(ANN, [1]), user(BOB)])).await;
    let members = [member_change(&user(BOB), true, 11), member_change(&member(ANN, [1]), false, 12)];
    let stale = put(&harness, group(1), 1).await;
    let unguarded = ProvisioningChange {
        guards: Guards {
            graph: stale
                .guards
                .graph
                .map(|guard| userbook::store::EpochGuard { expected: guard.expected + 1, ..guard }),
            ..stale.guards
        },
        ..stale
    };
    let namesake = put(&harness, Group { name: group(2).name, ..group(1) }, 1).await;
    let orphan = put(&harness, Group { parent: Some(group_id(900)), ..group(1) }, 1).await;
    for step in [unguarded, namesake, orphan] {
        let step = with(step, members.clone());
        assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict, "{:?}", step.op);
    }
    let missing = with(delete(&harness, 7, 1).await, [member_change(&member(ANN, [1]), false, 12)]);
    assert_eq!(apply_rejected(&harness, &missing).await, CommitOutcome::Gone);
}

/// Law: the actor of a group write may be one of its members: the guard and the member change expect the same
/// revision.
pub async fn the_actor_may_be_a_member<H: Harness<Store: ProvisioningStore>>() {
    let harness = H::with(&rows([group(1)], [member(ANN, [1]), user(BOB)])).await;
    let by = |user: &User| Some(userbook::store::ActorGuard { user: user.id, revision: user.revision });
    let ann = member(ANN, [1]);
    let mut step = with(put(&harness, group(1), 1).await, [member_change(&ann, false, 11)]);
    step.guards.actor =
        Some(userbook::store::ActorGuard { user: ANN, revision: Revision(uuid::Uuid::nil()) });
    assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict);
    step.guards.actor =
        Some(userbook::store::ActorGuard { user: BOB, revision: Revision(uuid::Uuid::nil()) });
    assert_eq!(apply_rejected(&harness, &step).await, CommitOutcome::Conflict);
    step.guards.actor = by(&ann);
    apply_ok(&harness, &step).await;
    assert_eq!(row(&harness, ANN).await.groups, group_ids([]));

    let mut step =
        with(put(&harness, group(1), 2).await, [member_change(&row(&harness, ANN).await, true, 12)]);
    step.guards.actor = by(&user(BOB));
    apply_ok(&harness, &step).await;
    assert_same(&row(&harness, BOB).await, &user(BOB));
}

/// Law: a thousand members change in one step.
pub async fn a_thousand_members_at_once<H: Harness<Store: ProvisioningStore>>() {
    const MANY: i64 = 1000;
    let users: Vec<_> =
        (1..=MANY).map(|id| member(UserId(id), if id % 2 == 0 { vec![1] } else { vec![] })).collect();
    let harness = H::with(&rows([group(1)], users.clone())).await;
    let members: Vec<_> =
        users.iter().zip(5000..).map(|(user, n)| member_change(user, user.groups.is_empty(), n)).collect();
    apply_ok(&harness, &with(put(&harness, group(1), 1).await, members.clone())).await;

    let query = userbook::store::MemberQuery { of: Some(group_id(1)), users: [].into(), limit: 2000 };
    let query = DirectoryQuery { members: Some(query), ..DirectoryQuery::default() };
    let found = ok(harness.store().load_directory(&query).await).members;
    let joined: Vec<_> = members.iter().filter(|change| change.joins).collect();
    assert_eq!(found.len(), joined.len());
    for change in joined {
        let state = found.get(&change.user).expect("the user has joined");
        assert_eq!((state.revision, state.version), (change.change.into(), change.version));
    }
    let events = pending(&harness).await;
    assert_eq!(events.len(), members.len() + 1);
    for change in &members {
        let event = events.iter().find(|event| event.target == EventTarget::User(change.user));
        assert_eq!(event, Some(&*change.event));
    }
    assert!(epochs(&harness).await.graph > 0);
    assert!(events.iter().any(|event| event.id == change_id(1)));
}
