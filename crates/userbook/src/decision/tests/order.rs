//! Which reason hides which: everything that can be wrong is wrong, and is mended one by one.

use serde_json::json;

use super::scene::{ADMINS, Scene};
use crate::{
    Check, Conditions, Denial, Field, FieldDenial, FieldRule, IfNoneMatch, Rejection, Revision, User,
    UserType, UserUpdate, Verdict, ViolationKind,
};

#[derive(Debug)]
struct Refuses(Field);

impl FieldRule for Refuses {
    fn check(&self, field: Field, _before: &User, _after: &User) -> Vec<ViolationKind> {
        let custom = ViolationKind::Custom {
            code: "custom".into(),
            message: "No.".into(),
            params: serde_json::Map::default(),
        };
        if field == self.0 { vec![custom] } else { Vec::new() }
    }
}

#[test]
fn one_reason_hides_the_next() {
    let update = UserUpdate::patch().username("eve").groups([ADMINS]).path("/");
    let mut scene = Scene::new(update)
        .user(|user| user.user_type = UserType::InternalServiceAccount)
        .refuse(Check::View, Verdict::Hide)
        .refuse(Check::Change, Verdict::deny())
        .refuse(Check::Set(Field::Path), Verdict::deny());
    scene.rules = Box::new(Refuses(Field::Username));
    scene.conditions.revisions = Some(Vec::new());
    let actor = scene.snapshot.actor.as_mut().unwrap();
    actor.is_active = false;
    assert_eq!(scene.outcome(), "actor inactive");

    scene.snapshot.actor.as_mut().unwrap().is_active = true;
    assert_eq!(scene.outcome(), "hidden");
    let mut scene = scene.mend(Check::View);
    assert_eq!(scene.outcome(), "permission");
    scene = scene.mend(Check::Change);
    assert_eq!(scene.outcome(), "condition");
    scene.conditions = Conditions::none();

    let update = std::mem::replace(&mut scene.update, json_patch(json!([{"op": "remove", "path": "/x"}])));
    assert_eq!(scene.outcome(), "patch");
    scene.update = update;
    assert_eq!(scene.outcome(), "fields");
    scene = scene.mend(Check::Set(Field::Path));
    assert_eq!(scene.outcome(), "grants power");

    let mut scene = scene.powerful();
    assert_eq!(scene.faults(), ["username: custom", "path: edge_slash"], "host's faults in field order");
    scene.update = UserUpdate::patch().groups([ADMINS]);
    assert_eq!(scene.faults(), ["internal_service_account"]);
    let scene = scene.user(|user| user.user_type = UserType::Internal);
    assert_eq!(scene.outcome(), "commit");
}

fn json_patch(patch: serde_json::Value) -> UserUpdate {
    UserUpdate::json_patch(serde_json::from_value(patch).unwrap()).unwrap()
}

#[test]
fn a_failed_test_is_told_only_to_who_may_change() {
    let test = || json_patch(json!([{"op": "test", "path": "/name", "value": "Eve"}]));
    assert_eq!(Scene::new(test()).outcome(), "patch");
    assert_eq!(Scene::new(test()).refuse(Check::Change, Verdict::deny()).outcome(), "permission");
}

#[test]
fn hiding_and_reasons() {
    let reason = Verdict::because("Not on Sundays.");
    let patch = || Scene::new(UserUpdate::patch().name("x"));
    for (scene, expected) in [
        (patch().refuse(Check::View, Verdict::Hide), Rejection::Hidden),
        (
            patch().refuse(Check::View, reason.clone()),
            Rejection::Forbidden(Denial::Permission(Some("Not on Sundays.".into()))),
        ),
        (patch().refuse(Check::Change, Verdict::Hide), Rejection::Hidden),
        (
            patch().refuse(Check::Set(Field::Name), reason),
            Rejection::Forbidden(Denial::Fields(vec![FieldDenial {
                field: Field::Name,
                reason: Some("Not on Sundays.".into()),
            }])),
        ),
        (
            patch().refuse(Check::Set(Field::Name), Verdict::Hide),
            Rejection::Forbidden(Denial::Fields(vec![FieldDenial { field: Field::Name, reason: None }])),
        ),
    ] {
        assert_eq!(scene.rejection(), expected);
    }
}

#[test]
fn a_refused_field_never_tells_its_fault() {
    let all = UserUpdate::patch().name("Ada").username("bob").path("/").groups([super::scene::NOWHERE]);
    let mut scene = Scene::new(all);
    scene.snapshot.username_taken = true;
    for field in Field::ALL {
        scene = scene.refuse(Check::Set(field), Verdict::deny());
    }
    let denied = |field| FieldDenial { field, reason: None };
    // The name would not change: nobody asks whether it may.
    let expected = [Field::Username, Field::Groups, Field::Path].map(denied);
    assert_eq!(scene.denial(), Denial::Fields(expected.into()));
}

#[test]
fn joining_is_asked_by_group_and_leaving_by_field() {
    let join = || Scene::new(UserUpdate::patch().groups([super::scene::STAFF, super::scene::HELP]));
    let denied = Denial::Fields(vec![FieldDenial { field: Field::Groups, reason: None }]);
    assert_eq!(join().refuse(Check::Join(super::scene::HELP), Verdict::deny()).denial(), denied);
    assert_eq!(join().refuse(Check::Join(super::scene::STAFF), Verdict::deny()).outcome(), "commit");
    let both = join().refuse(Check::Join(super::scene::HELP), Verdict::deny());
    let both = both.refuse(Check::Set(Field::Groups), Verdict::deny());
    assert_eq!(both.denial(), denied, "told once");
    let cleared = || Scene::new(UserUpdate::replace().username("ada").name("Ada"));
    assert_eq!(cleared().refuse(Check::Set(Field::Groups), Verdict::deny()).denial(), denied);
}

#[test]
fn checks_are_drawn_up_from_request_and_facts() {
    let asked = |scene: Scene| scene.results().iter().map(|(check, _)| *check).collect::<Vec<_>>();
    let update = UserUpdate::replace().username("eve").name("Ada");
    let expected = [Field::Username, Field::Name, Field::Groups].map(Check::Set);
    assert_eq!(asked(Scene::new(update)), [&[Check::View, Check::Change], &expected[..]].concat());

    let below = super::scene::BELOW;
    let update = UserUpdate::patch().groups([super::scene::STAFF, below, super::scene::NOWHERE]);
    let expected = [
        Check::View,
        Check::Change,
        Check::Set(Field::Groups),
        Check::Join(below),
        Check::GrantSuperuser(ADMINS),
        Check::GrantSuperuser(below),
    ];
    assert_eq!(asked(Scene::new(update)), expected);

    let activates = Scene::new(UserUpdate::patch().is_active(true)).member_of([ADMINS]);
    let known = [Check::View, Check::Change, Check::Set(Field::IsActive)];
    assert_eq!(asked(activates.inactive()), [&known[..], &[Check::GrantSuperuser(ADMINS)]].concat());
    assert_eq!(asked(Scene::new(UserUpdate::patch().is_active(true)).member_of([ADMINS])), known);
}

#[test]
fn conditions() {
    let stored = super::scene::user().revision;
    let other = Revision(uuid::Uuid::from_u128(1));
    let looks = |active: bool| Some(IfNoneMatch::new(move |view| view.user.is_active == active));
    for (revisions, unless, holds) in [
        (None, None, true),
        (Some(vec![]), None, false),
        (Some(vec![other]), None, false),
        (Some(vec![other, stored]), None, true),
        (None, looks(true), false),
        (Some(vec![stored]), looks(false), true),
        (Some(vec![other]), looks(false), false),
    ] {
        for update in [UserUpdate::patch(), UserUpdate::patch().name("x").path("/")] {
            let mut scene = Scene::new(update);
            scene.conditions = Conditions { revisions: revisions.clone(), unless: unless.clone() };
            assert_eq!(scene.outcome() != "condition", holds, "{:?}", scene.conditions);
        }
    }
}

#[test]
fn host_rules_see_only_what_changes_and_is_valid() {
    let asked = |field, update| {
        let mut scene = Scene::new(update);
        scene.rules = Box::new(Refuses(field));
        scene.outcome() == "invalid" && scene.faults().iter().any(|fault| fault.ends_with(": custom"))
    };
    let patch = UserUpdate::patch;
    assert!(asked(Field::Name, patch().name("x")));
    assert!(!asked(Field::Name, patch().name("Ada")), "it does not change");
    assert!(!asked(Field::Email, patch().name("x")), "it is not named");
    assert!(!asked(Field::Path, patch().path("/")), "it is invalid as it is");
    assert!(asked(Field::Groups, patch().groups([])));
    assert!(asked(Field::Attributes, patch().attributes(json!({"a": 1}))));
}
