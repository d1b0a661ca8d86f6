//! Values, differences and members of a written group.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    fixture::{ACTOR, ADMINS, NOWHERE, ROOT, STAFF, actor_state, group},
    group_fixture::{Write, delete, put},
};
use crate::{
    decision::{CheckedGroup, MembersOp},
    event::FieldDiff,
    limits::Limits,
    model::{Group, UserId},
    policy::Policy,
    store::{GroupShape, Scope},
    violation::GroupField,
};

fn with_attributes(attributes: Value) -> Group {
    Group { attributes, ..group(STAFF, "staff", false, None) }
}

/// A write with a stored group and small limits.
fn limited(stored: Group, after: Group) -> Write {
    let limits = Limits { name_chars: 5, attribute_nodes: 3, ..Limits::default() };
    put(after).with(|it| {
        it.policy = Policy::hardened().with_limits(limits);
        it.directory.groups.insert(stored);
    })
}

#[test]
fn only_changed_values_are_limited() {
    let named = |name: &str| group(STAFF, name, false, None);
    let large = || with_attributes(json!({"a": [1, 2, 3]}));
    for (name, write, expected) in [
        ("a name at the limit", limited(named("staff"), named("group")), "commit"),
        ("a name above the limit", limited(named("staff"), named("groups")), "name: max_length"),
        ("a stored name above the limit", limited(named("a group"), named("a group")), "unchanged"),
        ("small attributes", limited(named("staff"), with_attributes(json!({"a": 1}))), "commit"),
        ("large attributes", limited(named("staff"), large()), "attributes: too_many_values"),
        ("stored large attributes", limited(large(), Group { name: "x".into(), ..large() }), "commit"),
    ] {
        assert_eq!(write.outcome(), expected, "{name}");
    }
}

#[test]
fn attributes_that_are_no_object_are_compared_as_a_whole() {
    for (stored, after, expected) in [
        (json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), (json!({"a": 1}), json!({"a": 2}))),
        (json!([1]), json!({"a": 2}), (json!([1]), json!({"a": 2}))),
        (json!({"a": 2}), json!([1]), (json!({"a": 2}), json!([1]))),
        (json!([1]), json!("x"), (json!([1]), json!("x"))),
    ] {
        let mut write = put(with_attributes(after));
        write.directory.groups.insert(with_attributes(stored));
        let event = write.change().event;
        let (old, new) = (expected.0.into(), expected.1.into());
        let diff = event.diff.get(GroupField::Attributes.as_str());
        assert_eq!(diff, Some(&FieldDiff::Value { old, new }));
    }
}

#[test]
fn an_actor_who_leaves_a_granting_group_loses_access() {
    let write = |groups: &[crate::model::GroupId], leaves: bool| {
        let ids = if leaves { [ACTOR].into() } else { [].into() };
        put(group(ADMINS, "renamed", true, None))
            .with(|it| {
                it.directory.actor = Some(actor_state(groups.iter().copied()));
                it.members = MembersOp::Change { join: [].into(), leave: ids };
            })
            .member(ACTOR.0, groups.iter().copied())
    };
    assert_eq!(write(&[ADMINS], true).outcome(), "self_lockout");
    assert_eq!(write(&[ADMINS], false).outcome(), "commit");
    assert_eq!(write(&[ADMINS, ROOT], true).outcome(), "commit", "another group grants");
    // A granting group that the actor is not in has no effect on the actor.
    let other = delete(ADMINS).with(|it| it.directory.actor = Some(actor_state([STAFF])));
    assert_eq!(other.with(|it| it.granted = vec![ADMINS]).outcome(), "commit");
    // The commit compares the actor's row once: as that of a member, or as a guard.
    assert_eq!(write(&[ADMINS, ROOT], true).change().guards.actor, None);
    let joins = put(group(STAFF, "staff", true, None)).by_superuser();
    let joins = joins.with(|it| it.members = MembersOp::Change { join: [ACTOR].into(), leave: [].into() });
    assert_eq!(joins.member(ACTOR.0, [ROOT]).change().guards.actor, None);
}

#[test]
fn member_operations_name_their_users() {
    let users = |ids: &[i64]| ids.iter().copied().map(UserId).collect::<BTreeSet<UserId>>();
    for (operation, named, replaces) in [
        (MembersOp::Keep, users(&[]), false),
        (MembersOp::RemoveAll, users(&[]), true),
        (MembersOp::Replace(users(&[1, 2]).into_iter().collect()), users(&[1, 2]), true),
        (MembersOp::Change { join: users(&[1]), leave: users(&[2]) }, users(&[1, 2]), false),
    ] {
        assert_eq!((operation.named(), operation.replaces()), (named, replaces), "{operation:?}");
    }
}

#[test]
fn superusers_are_counted_before_and_after_the_write() {
    let write = put(group(ADMINS, "admins", false, None));
    let write =
        write.with(|it| it.members = MembersOp::Change { join: [].into(), leave: [UserId(1)].into() });
    let write = write.member(1, [ADMINS]);
    let shape = |id| write.directory.shape.get(&id).map(|shape: &GroupShape| shape.is_superuser);
    assert_eq!((shape(ADMINS), shape(ROOT)), (Some(true), Some(true)));
    let checked = CheckedGroup::new(write.proposal());
    let [before, after] = checked.superusers_queries(&checked.granting(&write.directory.shape));
    assert!(before.groups.contains(&ADMINS) && before.except.is_none());
    assert_eq!((after.groups, after.except), ([ROOT].into(), Some((ADMINS, [UserId(1)].into()))));
}

#[test]
fn setting_the_flag_requires_its_right_where_the_value_differs() {
    let all = Policy::authentik_2025_2();
    let write = |group, granted: &[_], disables: &[_]| {
        put(group).with(|it| {
            it.policy = all.clone();
            it.sets_flag = true;
            it.granted = granted.to_vec();
            it.disables = disables.to_vec();
        })
    };
    let flag = "is_superuser: superuser_flag";
    for (group, granted, disables, expected) in [
        (group(STAFF, "staff", true, None), &[][..], &[][..], flag),
        (group(STAFF, "staff", true, None), &[STAFF], &[], "commit"),
        (group(STAFF, "staff", true, None), &[], &[STAFF], flag),
        (group(STAFF, "renamed", false, None), &[], &[], "commit"),
        (group(ROOT, "root", false, None), &[], &[], flag),
        (group(ROOT, "root", false, None), &[ROOT], &[], flag),
        (group(ROOT, "root", false, None), &[], &[ROOT], "commit"),
        (group(ROOT, "renamed", true, None), &[], &[], "commit"),
        (group(NOWHERE, "new", false, None), &[], &[], flag),
        (group(NOWHERE, "new", false, None), &[], &[NOWHERE], "commit"),
        (group(NOWHERE, "new", true, None), &[], &[], flag),
        (group(NOWHERE, "new", true, None), &[NOWHERE], &[], "commit"),
    ] {
        let name = format!("{group:?} {granted:?} {disables:?}");
        assert_eq!(write(group.clone(), granted, disables).outcome(), expected, "{name}");
        assert_eq!(write(group.clone(), granted, disables).by_superuser().outcome(), "commit", "{name}");
        let unnamed = write(group, granted, disables).with(|it| it.sets_flag = false);
        assert_eq!(unnamed.outcome(), "commit", "{name}: not named");
    }
}

#[test]
fn hidden_users_neither_join_nor_leave() {
    let apply = |members: MembersOp, visible: &[i64]| {
        put(group(STAFF, "staff", false, None))
            .with(|it| {
                it.members = members;
                it.visible = Scope::Only(visible.iter().copied().map(UserId).collect());
            })
            .member(1, [STAFF])
            .member(2, [STAFF])
            .member(3, [])
    };
    let ids = |ids: &[i64]| ids.iter().copied().map(UserId).collect::<Vec<_>>();
    let write = |wanted: &[i64], visible: &[i64]| {
        apply(MembersOp::Replace(ids(wanted).into_iter().collect()), visible)
    };
    let changes = |write: Write| {
        let members = write.change().members;
        members.iter().map(|member| (member.user.0, member.joins)).collect::<Vec<_>>()
    };
    assert_eq!(changes(write(&[3], &[1, 3])), [(3, true), (1, false)], "a hidden member stays");
    assert_eq!(write(&[1, 3], &[1]).outcome(), "users: does_not_exist", "a hidden user does not join");
    assert_eq!(
        write(&[2], &[1]).outcome(),
        "users: does_not_exist",
        "nor can a caller find out who is a member"
    );
    let change = |join: &[i64], leave: &[i64]| {
        let [join, leave] = [join, leave].map(|named| ids(named).into_iter().collect());
        apply(MembersOp::Change { join, leave }, &[1])
    };
    assert_eq!(changes(change(&[], &[1, 2])), [(1, false)], "a hidden member does not leave");
    assert_eq!(change(&[], &[2]).outcome(), change(&[], &[3]).outcome(), "whether it is a member or not");
    for hidden in [2, 3] {
        assert_eq!(change(&[hidden], &[]).outcome(), "users: does_not_exist", "{hidden}");
    }
    let deleted = write(&[], &[]).with(|it| {
        it.after = None;
        it.members = MembersOp::RemoveAll;
    });
    assert_eq!(changes(deleted), [(1, false), (2, false)], "a deleted group keeps no member");
}

#[test]
fn the_anonymous_user_does_not_join() {
    let join = |username: &str| {
        let write = put(group(STAFF, "staff", false, None)).member(1, []);
        let write = write.with(|it| it.members = MembersOp::Replace([UserId(1)].into()));
        write.with(|it| {
            it.directory.members.get_mut(&UserId(1)).unwrap().username = username.to_owned();
        })
    };
    assert_eq!(join("ann").outcome(), "commit");
    assert_eq!(join(crate::model::ANONYMOUS_USERNAME).outcome(), "users: does_not_exist");
}
