//! What has to be asked of the store, told from the request and then from the user.

use serde_json::json;

use super::scene::{ADMINS, BELOW, HELP, ROOT, STAFF, Scene};
use crate::{UserUpdate, decide::Needs};

fn needs(scene: &Scene) -> Needs {
    let ops = scene.update.resolve(&scene.snapshot.user).unwrap();
    Needs::of_attempt(&scene.snapshot, &ops)
}

#[test]
fn of_a_request() {
    let update = UserUpdate::patch().username("eve").groups([STAFF, HELP]);
    let expected =
        Needs { username: Some("eve".into()), groups: [STAFF, HELP].into(), other_active_superuser: false };
    assert_eq!(Needs::of_request(&update), expected);
    let nothing =
        [UserUpdate::patch(), UserUpdate::replace(), UserUpdate::patch().username("").is_active(false)];
    for update in nothing {
        assert_eq!(Needs::of_request(&update), Needs::default());
    }
}

#[test]
fn others_are_counted_only_where_power_is_at_stake() {
    let patch = UserUpdate::patch;
    for (name, scene, expected) in [
        ("deactivated", Scene::new(patch().is_active(false)).member_of([BELOW]), true),
        ("left", Scene::new(patch().groups([STAFF])).member_of([ADMINS]), true),
        ("PUT without groups", Scene::new(UserUpdate::replace()).member_of([ADMINS]), true),
        ("moved", Scene::new(patch().groups([ROOT])).member_of([ADMINS]), false),
        ("renamed", Scene::new(patch().username("eve")).member_of([ADMINS]), false),
        ("no power", Scene::new(patch().is_active(false)), false),
        ("no power any more", Scene::new(patch().groups([])).member_of([ADMINS]).inactive(), false),
    ] {
        assert_eq!(needs(&scene).other_active_superuser, expected, "{name}");
    }
}

#[test]
fn a_json_patch_tells_only_with_the_user() {
    let patch = json!([
        {"op": "copy", "from": "/name", "path": "/username"},
        {"op": "add", "path": "/groups/-", "value": HELP},
    ]);
    let update = UserUpdate::json_patch(serde_json::from_value(patch).unwrap()).unwrap();
    assert_eq!(Needs::of_request(&update), Needs::default());
    let found = needs(&Scene::new(update));
    assert_eq!((found.username.as_deref(), &found.groups), (Some("Ada"), &[HELP].into()));
}

#[test]
fn what_is_known_of_the_user_is_not_asked() {
    let scene = Scene::new(UserUpdate::patch().username("ada").groups([STAFF]));
    assert_eq!(needs(&scene), Needs::default());
}

#[test]
fn asking_more_covers_both() {
    let first = Needs { username: Some("a".into()), groups: [STAFF].into(), other_active_superuser: false };
    let second = Needs { username: Some("b".into()), groups: [HELP].into(), other_active_superuser: true };
    assert!(first.within(&first) && Needs::default().within(&first) && !first.within(&Needs::default()));
    assert!(!second.within(&first));
    let mut both = first;
    both.extend(second.clone());
    assert!(second.within(&both));
    assert_eq!(both.groups, [STAFF, HELP].into());
    both.extend(Needs::default());
    assert!(second.within(&both), "nothing is forgotten");
    let counts = Needs { other_active_superuser: true, ..Needs::default() };
    assert!(!counts.within(&Needs::default()));
}
