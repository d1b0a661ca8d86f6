//! Joining and leaving single groups.

use std::collections::BTreeSet;

use super::scene::{ADMINS, BELOW, HELP, NOWHERE, STAFF, Scene};
use crate::{Check, Field, GroupId, UserType, UserUpdate, Verdict};

fn join(group: GroupId) -> UserUpdate {
    UserUpdate::patch().join_group(group)
}

fn leave(group: GroupId) -> UserUpdate {
    UserUpdate::patch().leave_group(group)
}

/// An actor who may do nothing to the user but see them, unless by the group.
fn by_group(update: UserUpdate) -> Scene {
    let scene = Scene::new(update);
    let groups = [STAFF, HELP, ADMINS, BELOW].map(Check::Join);
    let fields = Field::ALL.map(Check::Set);
    let refused = groups.into_iter().chain(fields).chain([Check::Change]);
    refused.fold(scene, |scene, check| scene.refuse(check, Verdict::deny()))
}

#[test]
fn a_step_leaves_other_memberships_alone() {
    let commit = Scene::new(join(HELP)).commit();
    assert_eq!(commit.change.groups_added, BTreeSet::from([HELP]));
    assert!(commit.change.groups_removed.is_empty());
    assert_eq!(commit.view.user.groups, [STAFF, HELP].into());
    let commit = Scene::new(leave(STAFF)).member_of([STAFF, HELP]).commit();
    assert_eq!(commit.change.groups_removed, BTreeSet::from([STAFF]));
    assert!(commit.change.groups_added.is_empty());
    assert_eq!(Scene::new(join(STAFF)).outcome(), "unchanged");
    assert_eq!(Scene::new(leave(HELP)).outcome(), "unchanged");
}

#[test]
fn groups_must_exist_to_be_joined_or_left() {
    for update in [join(NOWHERE), leave(NOWHERE), join(HELP).leave_group(NOWHERE)] {
        assert_eq!(Scene::new(update.clone()).faults(), ["groups: does_not_exist"], "{update:?}");
        assert_eq!(by_group(update.clone()).faults(), ["groups: does_not_exist"], "{update:?}");
    }
}

#[test]
fn the_right_to_members_stands_in_for_the_right_to_the_user() {
    let deny = Verdict::deny;
    for (name, scene, expected) in [
        ("join", by_group(join(HELP)), "commit"),
        ("leave", by_group(leave(STAFF)), "commit"),
        ("both", by_group(join(HELP).leave_group(STAFF)), "commit"),
        ("another group's right", by_group(join(HELP)).refuse(Check::AddMember(HELP), deny()), "permission"),
        ("the other right", by_group(leave(STAFF)).refuse(Check::RemoveMember(STAFF), deny()), "permission"),
        (
            "one of two",
            by_group(join(HELP).leave_group(STAFF)).refuse(Check::RemoveMember(STAFF), deny()),
            "permission",
        ),
        ("a field beside", by_group(join(HELP).name("x")), "permission"),
        ("a field of one's own beside", by_group(join(HELP).name("x")).mend(Check::Change), "fields"),
        (
            "a right to that field",
            by_group(join(HELP).name("x")).mend(Check::Change).mend(Check::Set(Field::Name)),
            "commit",
        ),
        ("the whole list", by_group(UserUpdate::patch().groups([STAFF, HELP])), "permission"),
        ("a PUT", by_group(UserUpdate::replace().username("ada").name("Ada").join_group(HELP)), "permission"),
        ("unseen", by_group(join(HELP)).refuse(Check::View, deny()), "permission"),
        ("hidden", by_group(join(HELP)).refuse(Check::View, Verdict::Hide), "hidden"),
        ("the right to the user", Scene::new(join(HELP)).refuse(Check::AddMember(HELP), deny()), "commit"),
        (
            "the right to the user, but not to its groups",
            Scene::new(join(HELP))
                .refuse(Check::AddMember(HELP), deny())
                .refuse(Check::Set(Field::Groups), deny()),
            "fields",
        ),
        (
            "the right to the user, but not to that group",
            Scene::new(join(HELP)).refuse(Check::AddMember(HELP), deny()).refuse(Check::Join(HELP), deny()),
            "fields",
        ),
    ] {
        assert_eq!(scene.outcome(), expected, "{name}");
    }
}

#[test]
fn the_guards_hold_for_steps_too() {
    for (name, scene, expected) in [
        ("power", by_group(join(ADMINS)), "grants power"),
        ("power from above", by_group(join(BELOW)), "grants power"),
        ("the right to give it", by_group(join(BELOW)).grant(ADMINS), "commit"),
        ("a powerful actor", by_group(join(ADMINS)).powerful(), "commit"),
        ("a superuser among others", by_group(leave(ADMINS)).member_of([ADMINS]), "commit"),
        ("the last superuser", by_group(leave(ADMINS)).member_of([ADMINS]).alone(), "invalid"),
        ("oneself", by_group(leave(ADMINS)).member_of([ADMINS]).oneself(), "invalid"),
        (
            "a machine",
            by_group(join(HELP)).user(|user| user.user_type = UserType::InternalServiceAccount),
            "invalid",
        ),
    ] {
        assert_eq!(scene.outcome(), expected, "{name}");
    }
    // "This group grants nothing" must still be true at the commit, for who may not give power.
    assert!(by_group(join(HELP)).commit().change.guards.graph.is_some());
}
