//! Values, differences and members of a written group.

use serde_json::{Value, json};

use super::{
    fixture::{ACTOR, ADMINS, ROOT, STAFF, actor_state, group},
    group_fixture::{Write, delete, put},
};
use crate::{
    decision::MembersOp,
    event::FieldDiff,
    limits::Limits,
    model::{Group, UserId},
    policy::Policy,
    store::GroupShape,
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
    let users = |ids: &[i64]| ids.iter().copied().map(UserId).collect();
    for (operation, named, replaces) in [
        (MembersOp::Keep, users(&[]), false),
        (MembersOp::Replace(users(&[1, 2])), users(&[1, 2]), true),
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
    let proposal = write.proposal();
    let (before, after) = (proposal.superusers_before(), proposal.superusers_after());
    assert!(before.groups.contains(&ADMINS) && before.except.is_none());
    assert_eq!((after.groups, after.except), ([ROOT].into(), Some((ADMINS, [UserId(1)].into()))));
}
