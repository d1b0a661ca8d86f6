//! The written change and its event.

use serde_json::{Value, json};

use super::fixture::{ADMINS, CHANGE, Fixture, HELP, NOW, ROOT, STAFF, TARGET, user};
use crate::{
    authz::{Actor, Subject},
    decision::Decision,
    event::{Effect, Event, EventActor, EventGroup, EventKind, EventTarget, FieldDiff},
    field::Name,
    model::{Timestamp, UserId},
    store::FieldChanges,
    update::UserUpdate,
    view::{UserView, Visibility},
};

#[test]
fn change_set_names_only_changes() {
    let resent = UserUpdate::replace().username("ada").name("Eve").groups([STAFF]).path("users");
    let commit = Fixture::new(resent).commit();
    let change = commit.change;
    let name = Some(Name::parse("Eve").unwrap());
    assert_eq!(change.fields, FieldChanges { name, ..FieldChanges::default() });
    assert!(change.groups_added.is_empty() && change.groups_removed.is_empty());
    assert_eq!((change.user, change.expected, change.change), (TARGET, user().revision, CHANGE));
    assert_eq!(change.version, user().version + 1);
}

#[test]
fn unchanged_returns_the_stored_user() {
    let fixture = Fixture::new(UserUpdate::patch().name("Ada")).member_of([ADMINS]);
    let expected = UserView::new(fixture.user.clone(), &fixture.snapshot.groups, Visibility::everything());
    assert!(expected.is_superuser);
    assert_eq!(fixture.decide(), Decision::Unchanged(Box::new(expected)));
}

#[test]
fn event_records_actor_change_and_time() {
    let update = UserUpdate::patch().name("Eve").groups([HELP, ADMINS]).is_active(false);
    let mut fixture = Fixture::new(update).by_superuser();
    fixture.actor.impersonator = Some(UserId(77));
    let named = |id, name: &str| EventGroup { id, name: name.into() };
    let value = |old: Value, new: Value| FieldDiff::Value { old: old.into(), new: new.into() };
    let groups = FieldDiff::Groups {
        added: vec![named(HELP, "help"), named(ADMINS, "admins")],
        removed: vec![named(STAFF, "staff")],
    };
    let commit = fixture.commit();
    let expected = Event {
        id: CHANGE,
        kind: EventKind::UserUpdated,
        target: EventTarget::User(TARGET),
        target_uuid: user().uuid,
        version: 4,
        time: NOW,
        actor: EventActor::User(super::fixture::ACTOR),
        impersonator: Some(UserId(77)),
        request_id: Some("request".into()),
        diff: [
            ("name".into(), value(json!("Ada"), json!("Eve"))),
            ("is_active".into(), value(json!(true), json!(false))),
            ("groups".into(), groups),
        ]
        .into(),
        effects: vec![Effect::RevokeSessions],
    };
    assert_eq!(*commit.change.event, expected);
    assert_eq!(commit.diff, expected.diff);
    assert!(commit.view.is_superuser, "after the update");
    assert_eq!(commit.view.user.revision, CHANGE.into());
}

#[test]
fn update_dates_the_row() {
    let commit = Fixture::new(UserUpdate::patch().name("Eve")).commit();
    assert_eq!(commit.view.user.updated_at, NOW);
    assert_eq!(commit.view.user.created_at, user().created_at);
    let mut stored = user();
    commit.change.apply_to(&mut stored);
    assert_eq!(stored, commit.view.user);
}

#[test]
fn events_name_every_kind_of_actor() {
    for (subject, expected) in [
        (Subject::Anonymous, EventActor::Anonymous),
        (Subject::External("idp".into()), EventActor::External("idp".into())),
        (Subject::System, EventActor::System),
    ] {
        let fixture = Fixture::new(UserUpdate::patch().name("Eve")).by(subject);
        assert_eq!(fixture.commit().change.event.actor, expected);
    }
    assert_eq!(Actor::user(UserId(5)).to_event(), EventActor::User(UserId(5)));
}

#[test]
fn deactivation_and_a_change_of_superuser_status_revoke_sessions() {
    let revoked = vec![Effect::RevokeSessions];
    let joins = Fixture::new(UserUpdate::patch().groups([ADMINS])).by_superuser();
    assert_eq!(joins.commit().change.event.effects, revoked);
    let leaves = Fixture::new(UserUpdate::patch().groups([])).member_of([ADMINS]).by_superuser();
    assert_eq!(leaves.commit().change.event.effects, revoked);
    let moves = Fixture::new(UserUpdate::patch().groups([ROOT])).member_of([ADMINS]).by_superuser();
    assert_eq!(moves.commit().change.event.effects, vec![]);

    for (fixture, expected) in [
        (Fixture::new(UserUpdate::patch().is_active(false)), vec![Effect::RevokeSessions]),
        (
            Fixture::new(UserUpdate::replace().username("ada").name("Ada").is_active(false)),
            vec![Effect::RevokeSessions],
        ),
        (Fixture::new(UserUpdate::patch().is_active(true)).inactive(), vec![]),
        (Fixture::new(UserUpdate::patch().is_active(false).name("x")).inactive(), vec![]),
        (Fixture::new(UserUpdate::patch().name("x")), vec![]),
    ] {
        assert_eq!(fixture.commit().change.event.effects, expected);
    }
}

#[test]
fn last_login_is_recorded_as_shown() {
    let update = UserUpdate::patch().last_login(Timestamp::UNIX_EPOCH);
    let diff = Fixture::new(update).commit().diff;
    let expected = FieldDiff::Value { old: Value::Null.into(), new: json!("1970-01-01T00:00:00Z").into() };
    assert_eq!(diff.get("last_login"), Some(&expected));
}

#[test]
fn operations_are_resolved_against_the_stored_user() {
    let merge = UserUpdate::patch()
        .merge_attributes(json!({"a": {"x": 1, "gone": null}, "l": [1]}).as_object().cloned().unwrap());
    for (stored, expected) in [
        (json!({}), json!({"a": {"x": 1}, "l": [1]})),
        (json!({"a": {"gone": 1, "y": 2}, "z": 3}), json!({"a": {"x": 1, "y": 2}, "l": [1], "z": 3})),
        (json!({"a": "text", "l": [1, 2]}), json!({"a": {"x": 1}, "l": [1]})),
    ] {
        let fixture = Fixture::new(merge.clone());
        let fixture = fixture.user(|user| user.attributes = stored.into());
        assert_eq!(fixture.commit().view.user.attributes, expected);
    }

    let patch = json!([{"op": "add", "path": "/groups/-", "value": HELP}, {"op": "remove", "path": "/name"}]);
    let patch = UserUpdate::json_patch(serde_json::from_value(patch).unwrap());
    assert_eq!(Fixture::new(patch).faults(), ["name: required"]);
    let append = json!([{"op": "add", "path": "/groups/-", "value": HELP}]);
    let append = UserUpdate::json_patch(serde_json::from_value(append).unwrap());
    for stored in [vec![], vec![STAFF]] {
        let commit = Fixture::new(append.clone()).member_of(stored.clone()).commit();
        assert_eq!(commit.change.groups_added, [HELP].into());
        assert!(commit.change.groups_removed.is_empty(), "{stored:?}");
    }
}
