//! Somebody always has power, and nobody gives up their own by accident.

use super::scene::{ADMINS, BELOW, ROOT, STAFF, Scene};
use crate::{Safeguard, UserUpdate};

fn deactivate() -> UserUpdate {
    UserUpdate::patch().is_active(false)
}

fn leave() -> UserUpdate {
    UserUpdate::patch().groups([STAFF])
}

#[test]
fn the_last_superuser_keeps_that_power() {
    let put = || UserUpdate::replace().username("ada").name("Ada");
    for (name, scene, refused) in [
        ("deactivated", Scene::new(deactivate()).member_of([ADMINS]), true),
        ("deactivated, by an ancestor", Scene::new(deactivate()).member_of([BELOW]), true),
        ("removed", Scene::new(leave()).member_of([BELOW, STAFF]), true),
        ("removed by a PUT without groups", Scene::new(put()).member_of([ADMINS]), true),
        ("both", Scene::new(deactivate().groups([])).member_of([ADMINS]), true),
        ("moved", Scene::new(UserUpdate::patch().groups([ROOT])).member_of([ADMINS]), false),
        ("removed from one of two", Scene::new(leave().groups([ROOT])).member_of([ADMINS, ROOT]), false),
        ("removed while inactive", Scene::new(leave()).member_of([ADMINS]).inactive(), false),
        ("no superuser", Scene::new(deactivate()), false),
    ] {
        let scene = scene.powerful().alone();
        if !refused {
            assert_eq!(scene.outcome(), "commit", "{name}");
            continue;
        }
        assert_eq!(scene.faults(), ["last_superuser"], "{name}");
        let mut unasked = scene;
        unasked.snapshot.other_active_superuser = None;
        assert_eq!(unasked.faults(), ["last_superuser"], "{name}: what was not asked is not assumed");
        let mut others = unasked;
        others.snapshot.other_active_superuser = Some(true);
        assert_eq!(others.outcome(), "commit", "{name}: others have it");
        let off = others.alone().policy(|policy| policy.without(Safeguard::LastSuperuser));
        assert_eq!(off.outcome(), "commit", "{name}: switched off");
    }
}

#[test]
fn nobody_locks_themselves_out_by_accident() {
    for (name, scene, refused) in [
        ("deactivated", Scene::new(deactivate()), true),
        ("deactivated superuser", Scene::new(deactivate()).member_of([ADMINS]), true),
        ("stripped", Scene::new(leave()).member_of([ADMINS]), true),
        ("moved", Scene::new(UserUpdate::patch().groups([ROOT])).member_of([BELOW]), false),
        ("left an ordinary group", Scene::new(UserUpdate::patch().groups([])), false),
        ("renamed", Scene::new(UserUpdate::patch().username("eve")).member_of([ADMINS]), false),
    ] {
        let scene = scene.oneself();
        if !refused {
            assert_eq!(scene.outcome(), "commit", "{name}");
            continue;
        }
        assert_eq!(scene.faults(), ["self_lockout"], "{name}");
        let off = scene.policy(|policy| policy.without(Safeguard::SelfLockout));
        assert_eq!(off.outcome(), "commit", "{name}: switched off");
        let mut meant = off.policy(|policy| policy.with(Safeguard::SelfLockout));
        meant.allow_self_lockout = true;
        assert_eq!(meant.outcome(), "commit", "{name}: meant");
    }
}

#[test]
fn somebody_else_is_locked_out_on_purpose() {
    assert_eq!(Scene::new(deactivate()).outcome(), "commit");
    assert_eq!(Scene::new(leave()).member_of([ADMINS]).powerful().outcome(), "commit");
}

#[test]
fn both_are_told_at_once_and_meaning_it_lifts_one_of_them() {
    let mut scene = Scene::new(deactivate()).member_of([ADMINS]).oneself().alone();
    assert_eq!(scene.faults(), ["last_superuser", "self_lockout"]);
    scene.allow_self_lockout = true;
    assert_eq!(scene.faults(), ["last_superuser"]);
    scene.update = UserUpdate::patch().is_active(false).path("/");
    assert_eq!(scene.faults(), ["path: edge_slash"], "faults of fields hide the lock-out");
}
