//! What must still hold at the commit, by situation.

use super::scene::{ACTOR, ACTOR_REVISION, ADMINS, EPOCHS, HELP, ROOT, STAFF, Scene};
use crate::{ActorGuard, EpochGuard, Guards, Policy, Safeguard, Subject, UserUpdate};

/// Which guards there are: `g` relies on the graph, `s` changes the set of superusers, `a` guards the actor.
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

fn check(scene: &Scene, expected: &str, name: &str) {
    assert_eq!(letters(&scene.commit().change.guards), expected, "{name}");
}

#[test]
fn ordinary_updates_have_none() {
    let patch = UserUpdate::patch;
    for update in [
        patch().username("eve"),
        patch().name("Eve").email("eve@example.com").path("a/b"),
        patch().last_login(crate::Timestamp::UNIX_EPOCH),
        patch().user_type(crate::UserType::External),
        patch().attributes(serde_json::json!({"a": 1})),
    ] {
        check(&Scene::new(update.clone()), "", "of an ordinary user");
        check(&Scene::new(update.clone()).powerful(), "", "by a superuser");
        check(&Scene::new(update).member_of([ADMINS]).oneself(), "", "of oneself");
    }
}

#[test]
fn joining() {
    let join = |groups| Scene::new(UserUpdate::patch().groups(groups));
    check(&join([STAFF, HELP]), "g", "an ordinary group, by who may not give power");
    check(&join([STAFF, HELP]).inactive(), "g", "the same, inactive");
    check(&join([STAFF, HELP]).powerful(), "", "an ordinary group, by a superuser");
    check(&join([STAFF, HELP]).by(Subject::System), "", "an ordinary group, by the host");
    check(&join([STAFF, ADMINS]).powerful(), "gsa", "power, by a superuser");
    check(&join([STAFF, ADMINS]).grant(ADMINS), "gsa", "power, by right");
    check(&join([STAFF, ADMINS]).by(Subject::System), "s", "power, by the host");
    check(&join([STAFF, ADMINS]).powerful().inactive(), "ga", "power to come, by a superuser");
    check(&join([ADMINS, ROOT]).member_of([ADMINS]).powerful(), "ga", "more power, by a superuser");
    let off = |policy: Policy| policy.without(Safeguard::Escalation);
    check(&join([STAFF, HELP]).policy(off), "", "an ordinary group, anyone may give");
}

#[test]
fn leaving() {
    let leave = || Scene::new(UserUpdate::patch().groups([]));
    check(&leave(), "g", "an ordinary group: there must still be no power to lose");
    check(&leave().powerful(), "g", "the same, by a superuser");
    check(&leave().inactive(), "", "an ordinary group, inactive");
    check(&leave().member_of([ADMINS]), "sa", "power, by who has none");
    check(&leave().member_of([ADMINS]).powerful(), "gsa", "power, by a superuser");
    check(&leave().member_of([ADMINS]).powerful().inactive(), "ga", "power to come");
    let off = |policy: Policy| policy.without(Safeguard::LastSuperuser);
    check(&leave().policy(off), "", "an ordinary group, nobody counts");
    let one_of_two = Scene::new(UserUpdate::patch().groups([ROOT])).member_of([ADMINS, ROOT]);
    check(&one_of_two, "ga", "one of two groups that grant");
}

#[test]
fn toggling() {
    let deactivate = || Scene::new(UserUpdate::patch().is_active(false));
    check(&deactivate(), "ga", "there must still be no power to lose");
    check(&deactivate().member_of([]), "a", "who is in no group has none");
    check(&deactivate().member_of([ADMINS]).powerful(), "gsa", "power, by a superuser");
    check(&deactivate().member_of([ADMINS]).by(Subject::System), "s", "power, by the host");
    let activate = || Scene::new(UserUpdate::patch().is_active(true)).inactive();
    check(&activate(), "ga", "the groups must still grant nothing");
    check(&activate().member_of([]), "a", "no group grants anything");
    check(&activate().powerful(), "a", "by a superuser");
    check(&activate().member_of([ADMINS]).powerful(), "gsa", "power, by a superuser");
    let mut oneself = deactivate().member_of([ADMINS]).oneself();
    oneself.allow_self_lockout = true;
    check(&oneself, "gs", "oneself: the row is compared anyway");
}

#[test]
fn the_actors_power_is_guarded_where_it_let_them_touch_a_superuser() {
    let rename = || Scene::new(UserUpdate::patch().email("eve@example.com")).member_of([ADMINS]);
    check(&rename().powerful(), "ga", "by a superuser");
    check(&rename().by(Subject::System), "", "by the host");
    let off = |policy: Policy| policy.without(Safeguard::ProtectSuperusers);
    check(&rename().powerful().policy(off), "", "unprotected");
    check(&Scene::new(UserUpdate::patch().name("Eve")).member_of([ADMINS]).powerful(), "", "a free field");
}
