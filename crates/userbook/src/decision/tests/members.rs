//! Joining and leaving single groups.

use std::collections::BTreeSet;

use super::fixture::{ADMINS, BELOW, Fixture, HELP, NOWHERE, STAFF};
use crate::{
    authz::{Check, Verdict},
    model::{GroupId, UserType},
    update::UserUpdate,
    violation::Field,
};

fn join(group: GroupId) -> UserUpdate {
    UserUpdate::patch().join_group(group)
}

fn leave(group: GroupId) -> UserUpdate {
    UserUpdate::patch().leave_group(group)
}

/// An actor who may view the user and change the members of one group, without further rights.
fn by_group(check: Check, update: UserUpdate) -> Fixture {
    let groups = [STAFF, HELP, ADMINS, BELOW].map(Check::Join);
    let fields = Field::ALL.map(Check::Set);
    let denied = groups.into_iter().chain(fields).chain([Check::Change]);
    denied.fold(Fixture::new(update).by_member_right(check), |fixture, check| {
        fixture.deny(check, Verdict::deny())
    })
}

fn adds(group: GroupId) -> Fixture {
    by_group(Check::AddMember(group), join(group))
}

fn removes(group: GroupId) -> Fixture {
    by_group(Check::RemoveMember(group), leave(group))
}

#[test]
fn single_change_keeps_other_memberships() {
    let commit = Fixture::new(join(HELP)).commit();
    assert_eq!(commit.change.groups_added, BTreeSet::from([HELP]));
    assert!(commit.change.groups_removed.is_empty());
    assert_eq!(commit.view.user.groups, [STAFF, HELP].into());
    let commit = Fixture::new(leave(STAFF)).member_of([STAFF, HELP]).commit();
    assert_eq!(commit.change.groups_removed, BTreeSet::from([STAFF]));
    assert!(commit.change.groups_added.is_empty());
    assert_eq!(Fixture::new(join(STAFF)).outcome(), "unchanged");
    assert_eq!(Fixture::new(leave(HELP)).outcome(), "unchanged");
}

#[test]
fn groups_must_exist_to_be_joined_or_left() {
    for update in [join(NOWHERE), leave(NOWHERE), join(HELP).leave_group(NOWHERE)] {
        assert_eq!(Fixture::new(update.clone()).faults(), ["groups: does_not_exist"], "{update:?}");
    }
    assert_eq!(adds(NOWHERE).faults(), ["groups: does_not_exist"]);
}

#[test]
fn right_to_members_requires_no_right_to_change_the_user() {
    let deny = Verdict::deny;
    let hidden = |fixture: Fixture| fixture.deny(Check::ViewGroup(HELP), deny());
    for (name, fixture, expected) in [
        ("join", adds(HELP), "commit"),
        ("leave", removes(STAFF), "commit"),
        ("join a group that is not visible", hidden(adds(HELP)), "commit"),
        ("denied", adds(HELP).deny(Check::AddMember(HELP), deny()), "permission"),
        ("denied to remove", removes(STAFF).deny(Check::RemoveMember(STAFF), deny()), "permission"),
        ("a user that the actor may not see", adds(HELP).deny(Check::View, deny()), "hidden"),
        ("a hidden user", adds(HELP).deny(Check::View, Verdict::Hide), "hidden"),
    ] {
        assert_eq!(fixture.outcome(), expected, "{name}");
    }
}

#[test]
fn right_to_change_the_user_requires_no_right_to_members() {
    let deny = Verdict::deny;
    let change = |update| Fixture::new(update).deny(Check::AddMember(HELP), deny());
    assert_eq!(change(join(HELP)).outcome(), "commit");
    assert_eq!(change(join(HELP)).deny(Check::Set(Field::Groups), deny()).outcome(), "fields");
    assert_eq!(change(join(HELP)).deny(Check::Join(HELP), deny()).outcome(), "fields");
    assert_eq!(change(join(HELP)).deny(Check::Change, deny()).outcome(), "permission");
}

#[test]
fn safeguards_apply_to_members() {
    for (name, fixture, expected) in [
        ("superuser status", adds(ADMINS), "grants superuser"),
        ("superuser status from above", adds(BELOW), "grants superuser"),
        ("the right to grant", adds(BELOW).grant(ADMINS), "commit"),
        ("a superuser", adds(ADMINS).by_superuser(), "commit"),
        ("taken without the right", removes(ADMINS).member_of([ADMINS]), "revokes superuser"),
        ("taken with the right", removes(ADMINS).member_of([ADMINS]).grant(ADMINS), "commit"),
        ("the last superuser", removes(ADMINS).member_of([ADMINS]).grant(ADMINS).alone(), "invalid"),
        ("the actor", removes(ADMINS).member_of([ADMINS]).by_self(), "invalid"),
        (
            "an internal service account",
            adds(HELP).user(|user| user.user_type = UserType::InternalServiceAccount),
            "commit",
        ),
    ] {
        assert_eq!(fixture.outcome(), expected, "{name}");
    }
    // "This group grants nothing" must still hold at the commit for an actor who may not grant.
    assert!(adds(HELP).commit().change.guards.graph.is_some());
}
