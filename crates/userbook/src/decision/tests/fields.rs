//! The field table of the contract, as far as it is the decision's: what absence, null and values come to.

use serde_json::json;

use super::scene::{NOWHERE, STAFF, Scene, user};
use crate::{
    Decision, Field, FieldOps, GroupId, GroupRef, Memberships, Mode, Op, Policy, Timestamp, User, UserType,
    UserUpdate, ViolationKind, parse_timestamp,
};

fn put() -> UserUpdate {
    UserUpdate::replace().username("ada").name("Ada").groups([STAFF])
}

fn ops(alter: impl FnOnce(&mut FieldOps)) -> UserUpdate {
    let mut ops = FieldOps::new(Mode::Patch);
    alter(&mut ops);
    ops.into()
}

#[test]
fn absence_in_put_and_patch() {
    assert_eq!(Scene::new(UserUpdate::replace()).faults(), ["username: required", "name: required"]);
    let power = Scene::new(UserUpdate::replace()).member_of([super::scene::ADMINS]);
    assert_eq!(power.faults(), ["username: required", "name: required"], "what is missing changes nothing");
    assert_eq!(Scene::new(UserUpdate::patch()).outcome(), "unchanged");
    assert_eq!(Scene::new(put()).outcome(), "unchanged", "PUT keeps what it may leave out");

    let cleared = Scene::new(UserUpdate::replace().username("ada").name("Ada")).commit().change;
    assert_eq!(cleared.groups_removed, [STAFF].into());
    assert!(cleared.fields.is_empty());
}

#[test]
fn null() {
    for (update, expected) in [
        (ops(|ops| ops.username = Op::Null), "username: null"),
        (ops(|ops| ops.name = Op::Null), "name: null"),
        (ops(|ops| ops.is_active = Op::Null), "is_active: null"),
        (ops(|ops| ops.groups = Op::Null), "groups: null"),
        (ops(|ops| ops.email = Op::Null), "email: null"),
        (ops(|ops| ops.attributes = Op::Null), "attributes: null"),
        (ops(|ops| ops.path = Op::Null), "path: null"),
        (ops(|ops| ops.user_type = Op::Null), "type: null"),
    ] {
        assert_eq!(Scene::new(update).faults(), [expected]);
    }
    let clears = Scene::new(UserUpdate::patch().last_login(None));
    assert_eq!(clears.outcome(), "unchanged", "there was none");
    let clears = clears.user(|user| user.last_login = Some(Timestamp::UNIX_EPOCH)).commit().change;
    assert_eq!(clears.fields.last_login, Some(None));
}

/// Each field with a new value, and how the user looks then.
#[test]
fn values() {
    type Alter = Box<dyn FnOnce(&mut User)>;
    let moment = parse_timestamp("2024-01-02T03:04:05.678901Z").unwrap();
    let nanos = moment + chrono::TimeDelta::nanoseconds(999);
    let attributes = json!({"a": 1});
    let cases: Vec<(UserUpdate, Field, Alter)> = vec![
        (UserUpdate::patch().username("Ada"), Field::Username, Box::new(|it| it.username = "Ada".into())),
        (UserUpdate::patch().name(""), Field::Name, Box::new(|it| it.name.clear())),
        (UserUpdate::patch().is_active(false), Field::IsActive, Box::new(|it| it.is_active = false)),
        (
            UserUpdate::patch().last_login(nanos),
            Field::LastLogin,
            Box::new(move |it| it.last_login = Some(moment)),
        ),
        (UserUpdate::patch().groups([]), Field::Groups, Box::new(|it| it.groups.clear())),
        (UserUpdate::patch().email(" "), Field::Email, Box::new(|it| it.email.clear())),
        (
            UserUpdate::patch().attributes(attributes.clone()),
            Field::Attributes,
            Box::new(|it| it.attributes = attributes.into()),
        ),
        (UserUpdate::patch().path("a/b"), Field::Path, Box::new(|it| it.path = "a/b".into())),
        (
            UserUpdate::patch().user_type(UserType::External),
            Field::Type,
            Box::new(|it| it.user_type = UserType::External),
        ),
    ];
    for (update, field, alter) in cases {
        let commit = Scene::new(update).commit();
        let mut expected = user();
        alter(&mut expected);
        expected.revision = commit.change.change.into();
        expected.version += 1;
        assert_eq!(commit.view.user, expected, "{field}");
        let mut applied = user();
        commit.change.apply_to(&mut applied);
        assert_eq!(applied, expected, "{field}: the change set says the same");
        assert_eq!(commit.diff.keys().collect::<Vec<_>>(), [field.as_str()]);
    }
}

#[test]
fn faults_that_need_the_facts() {
    let far = parse_timestamp("9999-12-31T23:59:59Z").unwrap() + chrono::TimeDelta::seconds(1);
    let local = format!("{}@example.com", "a".repeat(65));
    let taken = |mut scene: Scene| {
        scene.snapshot.username_taken = true;
        scene
    };
    let patch = UserUpdate::patch;
    for (scene, expected) in [
        (taken(Scene::new(patch().username("bob"))), vec!["username: unique"]),
        (Scene::new(patch().username("AnonymousUser")), vec!["username: unique"]),
        (Scene::new(patch().last_login(far)), vec!["last_login: overflow"]),
        (Scene::new(patch().email(local)), vec!["email: invalid"]),
        (
            Scene::new(patch().merge_attributes(json!({"a": "\0"}).as_object().cloned().unwrap())),
            vec!["attributes: null_characters_not_allowed"],
        ),
        (Scene::new(patch().user_type(UserType::InternalServiceAccount)), vec!["type: type_not_allowed"]),
        (
            taken(Scene::new(UserUpdate::replace().username("bob").email("x").path("/"))),
            vec!["username: unique", "name: required", "email: invalid", "path: edge_slash"],
        ),
    ] {
        assert_eq!(scene.faults(), expected);
    }
    let own = taken(Scene::new(patch().username("ada")));
    assert_eq!(own.outcome(), "unchanged", "one's own name is free");
}

#[test]
fn what_is_stored_may_break_a_rule_of_today() {
    let odd = |user: &mut User| {
        user.username.clear();
        user.email = "odd".into();
        user.path = "/odd/".into();
        user.attributes = json!({"a": "\0"}).into();
    };
    let commit = Scene::new(UserUpdate::patch().name("New")).user(odd).commit();
    assert_eq!(commit.change.fields.path, None);
    assert_eq!(commit.view.user.email, "odd");
    let merge = UserUpdate::patch().merge_attributes(json!({"b": null}).as_object().cloned().unwrap());
    assert_eq!(Scene::new(merge).user(odd).outcome(), "unchanged");
}

#[test]
fn groups_tell_their_first_bad_element() {
    let sent = |id: GroupId, sent: &str| Ok(GroupRef { id, sent: Some(sent.to_owned()) });
    let uuid = || Err(ViolationKind::InvalidUuid { value: "zz".into() });
    for (elements, expected) in [
        (vec![sent(NOWHERE, "{99}"), uuid()], ViolationKind::DoesNotExist { pk: "{99}".into() }),
        (
            vec![sent(STAFF, "1"), uuid(), sent(NOWHERE, "99")],
            ViolationKind::InvalidUuid { value: "zz".into() },
        ),
        (vec![uuid(), sent(NOWHERE, "99")], ViolationKind::InvalidUuid { value: "zz".into() }),
    ] {
        let scene = Scene::new(UserUpdate::patch().groups(Memberships::collect(elements)));
        let Decision::Reject(crate::Rejection::Invalid(violations)) = scene.decide() else { panic!() };
        let found: Vec<_> = violations.iter().map(|it| (it.field, it.fault.clone())).collect();
        assert_eq!(found, [(Some(Field::Groups), expected)]);
    }
    let duplicates = Scene::new(UserUpdate::patch().groups([STAFF, STAFF]));
    assert_eq!(duplicates.outcome(), "unchanged");
}

#[test]
fn internal_service_accounts() {
    const MACHINE: UserType = UserType::InternalServiceAccount;
    let patch = UserUpdate::patch;
    let machine = |update| Scene::new(update).user(|user| user.user_type = MACHINE);
    for (scene, expected) in [
        (machine(patch()), vec!["internal_service_account"]),
        (machine(patch().name("x")), vec!["internal_service_account"]),
        (machine(patch().user_type(MACHINE)), vec!["internal_service_account"]),
        (machine(patch().user_type(UserType::Internal)), vec!["type: type_is_fixed"]),
        // A faulty field hides that nothing could be changed anyway.
        (machine(patch().path("/x")), vec!["path: edge_slash"]),
        (machine(patch().is_active(false)).oneself(), vec!["internal_service_account"]),
    ] {
        assert_eq!(scene.faults(), expected);
    }
    let recorded = Scene::new(patch().user_type(MACHINE)).policy(|_| Policy::authentik_2025_2());
    assert_eq!(recorded.outcome(), "commit");
}

#[test]
fn equal_attributes_are_no_change() {
    let stored = |user: &mut User| user.attributes = json!({"n": 1}).into();
    let same = json!({"n": 1.0});
    assert_eq!(Scene::new(UserUpdate::patch().attributes(same)).user(stored).outcome(), "unchanged");
}
