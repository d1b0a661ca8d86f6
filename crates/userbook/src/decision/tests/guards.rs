//! The guards of a change, by situation.

use super::fixture::{ACTOR, ACTOR_REVISION, ADMINS, EPOCHS, Fixture, HELP, ROOT, STAFF};
use crate::{
    authz::Subject,
    policy::{Policy, Safeguard},
    store::{ActorGuard, EpochGuard, Guards},
    update::UserUpdate,
};

/// Returns the guards: `g` reads the graph, `s` changes the set of superusers, `a` guards the actor.
fn letters(guards: &Guards) -> String {
    let graph = Some(EpochGuard::read(EPOCHS.graph));
    let superusers = Some(EpochGuard::bump(EPOCHS.superusers));
    let actor = Some(ActorGuard { user: ACTOR, revision: ACTOR_REVISION });
    assert!([None, graph].contains(&guards.graph), "{guards:?}");
    assert!([None, superusers].contains(&guards.superusers), "{guards:?}");
    assert!([None, actor].contains(&guards.actor), "{guards:?}");
    let present =
        [(guards.graph.is_some(), 'g'), (guards.superusers.is_some(), 's'), (guards.actor.is_some(), 'a')];
    present.into_iter().filter_map(|(there, letter)| there.then_some(letter)).collect()
}

fn check(fixture: &Fixture, expected: &str, name: &str) {
    assert_eq!(letters(&fixture.commit().change.guards), expected, "{name}");
}

#[test]
fn ordinary_updates_have_no_guards() {
    let patch = UserUpdate::patch;
    for update in [
        patch().username("eve"),
        patch().name("Eve").email("eve@example.com").path("a/b"),
        patch().last_login(crate::model::Timestamp::UNIX_EPOCH),
        patch().attributes(serde_json::json!({"a": 1})),
    ] {
        check(&Fixture::new(update.clone()), "", "of an ordinary user");
        check(&Fixture::new(update.clone()).by_superuser(), "", "by a superuser");
        check(&Fixture::new(update).member_of([ADMINS]).by_self(), "", "of oneself");
    }
}

#[test]
fn change_of_type_has_guards_for_superusers() {
    let retype = |user_type| Fixture::new(UserUpdate::patch().user_type(user_type));
    check(&retype(crate::model::UserType::ServiceAccount), "g", "the user must still be no superuser");
    check(
        &retype(crate::model::UserType::ServiceAccount).member_of([ADMINS]).by_superuser(),
        "gsa",
        "a superuser",
    );
    let unprotected = retype(crate::model::UserType::ServiceAccount).member_of([ADMINS]).by_superuser();
    let unprotected = unprotected.policy(|policy| policy.without(Safeguard::ProtectPrivileged));
    check(&unprotected, "gsa", "a superuser without further protection");
    check(&retype(crate::model::UserType::External).member_of([ADMINS]).by_self(), "g", "still a person");
}

#[test]
fn joins_have_guards() {
    let join = |groups| Fixture::new(UserUpdate::patch().groups(groups));
    check(&join([STAFF, HELP]), "g", "an ordinary group, by an actor who may not grant");
    check(&join([STAFF, HELP]).inactive(), "g", "the same, inactive");
    check(&join([STAFF, HELP]).by_superuser(), "", "an ordinary group, by a superuser");
    check(&join([STAFF, HELP]).by(Subject::System), "", "an ordinary group, by the host");
    check(&join([STAFF, ADMINS]).by_superuser(), "gsa", "superuser status, by a superuser");
    check(&join([STAFF, ADMINS]).grant(ADMINS), "gsa", "superuser status, by right");
    check(&join([STAFF, ADMINS]).by(Subject::System), "s", "superuser status, by the host");
    check(
        &join([STAFF, ADMINS]).by_superuser().inactive(),
        "ga",
        "superuser status once active, by a superuser",
    );
    check(
        &join([ADMINS, ROOT]).member_of([ADMINS]).by_superuser(),
        "ga",
        "more superuser status, by a superuser",
    );
    let off = |policy: Policy| policy.without(Safeguard::Escalation);
    check(&join([STAFF, HELP]).policy(off), "", "an ordinary group, anyone may give");
}

#[test]
fn leaves_have_guards() {
    let leave = || Fixture::new(UserUpdate::patch().groups([]));
    check(&leave(), "g", "an ordinary group: the user must still be no superuser");
    check(&leave().by_superuser(), "g", "the same, by a superuser");
    check(&leave().inactive(), "g", "an ordinary group, inactive, by an actor who may not take");
    check(&leave().inactive().by_superuser(), "", "an ordinary group, inactive, by a superuser");
    check(&leave().member_of([ADMINS]).grant(ADMINS), "gsa", "superuser status, by right");
    check(&leave().member_of([ADMINS]).by_superuser(), "gsa", "superuser status, by a superuser");
    check(&leave().member_of([ADMINS]).by_superuser().inactive(), "ga", "superuser status once active");
    let off = |policy: Policy| policy.without(Safeguard::LastSuperuser);
    check(&leave().policy(off), "g", "an ordinary group: it must still grant nothing");
    check(&leave().policy(off).by_superuser(), "", "an ordinary group, by a superuser, nothing counts");
    let one_of_two = Fixture::new(UserUpdate::patch().groups([ROOT])).member_of([ADMINS, ROOT]);
    check(&one_of_two.grant(ADMINS), "ga", "one of two groups that grant");
}

#[test]
fn activity_changes_have_guards() {
    let deactivate = || Fixture::new(UserUpdate::patch().is_active(false));
    check(&deactivate(), "ga", "the user must still be no superuser");
    check(&deactivate().member_of([]), "a", "a user in no group is no superuser");
    check(&deactivate().member_of([ADMINS]).by_superuser(), "gsa", "superuser status, by a superuser");
    check(&deactivate().member_of([ADMINS]).by(Subject::System), "s", "superuser status, by the host");
    let activate = || Fixture::new(UserUpdate::patch().is_active(true)).inactive();
    check(&activate(), "ga", "the groups must still grant nothing");
    check(&activate().member_of([]), "a", "no group grants anything");
    check(&activate().by_superuser(), "a", "by a superuser");
    check(&activate().member_of([ADMINS]).by_superuser(), "gsa", "superuser status, by a superuser");
    let mut oneself = deactivate().member_of([ADMINS]).by_self();
    oneself.allow_self_lockout = true;
    check(&oneself, "gs", "oneself: the row is compared anyway");
}

#[test]
fn actor_is_guarded_if_its_status_permitted_the_change() {
    let rename = || Fixture::new(UserUpdate::patch().email("eve@example.com")).member_of([ADMINS]);
    check(&rename().by_superuser(), "ga", "by a superuser");
    check(&rename().by(Subject::System), "", "by the host");
    let off = |policy: Policy| policy.without(Safeguard::ProtectPrivileged);
    check(&rename().by_superuser().policy(off), "", "unprotected");
    check(
        &Fixture::new(UserUpdate::patch().name("Eve")).member_of([ADMINS]).by_superuser(),
        "",
        "a free field",
    );
}
