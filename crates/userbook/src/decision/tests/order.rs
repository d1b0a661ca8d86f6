//! The order of reasons: a request with every violation is corrected one by one.

use serde_json::json;

use super::fixture::{ADMINS, Fixture};
use crate::{
    authz::{Check, Verdict},
    decision::{Conditions, Denial, FieldDenial, FieldRule, IfNoneMatch, Rejection, access_checks},
    model::{Revision, User, UserType},
    update::UserUpdate,
    violation::{Field, ViolationKind},
};

#[derive(Debug)]
struct Forbids(Field);

impl FieldRule for Forbids {
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
fn first_reason_hides_the_next() {
    let update = UserUpdate::patch().username("eve").groups([ADMINS]).path("/");
    let mut fixture = Fixture::new(update)
        .user(|user| user.user_type = UserType::InternalServiceAccount)
        .deny(Check::View, Verdict::Hide)
        .deny(Check::Change, Verdict::deny())
        .deny(Check::Set(Field::Path), Verdict::deny());
    fixture.rules = Box::new(Forbids(Field::Username));
    fixture.conditions.revisions = Some(Vec::new());
    let actor = fixture.snapshot.actor.as_mut().unwrap();
    actor.is_active = false;
    assert_eq!(fixture.outcome(), "actor inactive");

    fixture.snapshot.actor.as_mut().unwrap().is_active = true;
    assert_eq!(fixture.outcome(), "hidden");
    let mut fixture = fixture.allow(Check::View);
    assert_eq!(fixture.outcome(), "permission");
    fixture = fixture.allow(Check::Change);
    assert_eq!(fixture.outcome(), "condition");
    fixture.conditions = Conditions::none();

    let update = std::mem::replace(&mut fixture.update, json_patch(json!([{"op": "remove", "path": "/x"}])));
    assert_eq!(fixture.outcome(), "patch");
    fixture.update = update;
    assert_eq!(fixture.outcome(), "fields");
    fixture = fixture.allow(Check::Set(Field::Path));
    assert_eq!(fixture.outcome(), "grants superuser");

    let mut fixture = fixture.by_superuser();
    assert_eq!(fixture.faults(), ["username: custom", "path: edge_slash"], "host's faults in field order");
    fixture.update = UserUpdate::patch().groups([ADMINS]);
    assert_eq!(fixture.faults(), ["internal_service_account"]);
    let fixture = fixture.user(|user| user.user_type = UserType::Internal);
    assert_eq!(fixture.outcome(), "commit");
}

fn json_patch(patch: serde_json::Value) -> UserUpdate {
    UserUpdate::json_patch(serde_json::from_value(patch).unwrap())
}

#[test]
fn failed_test_is_reported_only_to_actors_who_may_change() {
    let test = || json_patch(json!([{"op": "test", "path": "/name", "value": "Eve"}]));
    assert_eq!(Fixture::new(test()).outcome(), "patch");
    assert_eq!(Fixture::new(test()).deny(Check::Change, Verdict::deny()).outcome(), "permission");
}

#[test]
fn hiding_and_reasons() {
    let reason = Verdict::because("Not on Sundays.");
    let patch = || Fixture::new(UserUpdate::patch().name("x"));
    for (fixture, expected) in [
        (patch().deny(Check::View, Verdict::Hide), Rejection::Hidden),
        (
            patch().deny(Check::View, reason.clone()),
            Rejection::Forbidden(Denial::Permission(Some("Not on Sundays.".into()))),
        ),
        (patch().deny(Check::Change, Verdict::Hide), Rejection::Hidden),
        (
            patch().deny(Check::Set(Field::Name), reason),
            Rejection::Forbidden(Denial::Fields(vec![FieldDenial {
                field: Field::Name,
                reason: Some("Not on Sundays.".into()),
            }])),
        ),
        (
            patch().deny(Check::Set(Field::Name), Verdict::Hide),
            Rejection::Forbidden(Denial::Fields(vec![FieldDenial { field: Field::Name, reason: None }])),
        ),
    ] {
        assert_eq!(fixture.rejection(), expected);
    }
}

#[test]
fn denied_field_never_reports_its_violation() {
    let all = UserUpdate::patch().name("Ada").username("bob").path("/").groups([super::fixture::NOWHERE]);
    let mut fixture = Fixture::new(all);
    fixture.snapshot.username_taken = true;
    for field in Field::ALL {
        fixture = fixture.deny(Check::Set(field), Verdict::deny());
    }
    let denied = |field| FieldDenial { field, reason: None };
    // The name does not change, so no right is required.
    let expected = [Field::Username, Field::Groups, Field::Path].map(denied);
    assert_eq!(fixture.denial(), Denial::Fields(expected.into()));
}

#[test]
fn joining_requires_the_group_right_and_leaving_the_field_right() {
    let join = || Fixture::new(UserUpdate::patch().groups([super::fixture::STAFF, super::fixture::HELP]));
    let denied = Denial::Fields(vec![FieldDenial { field: Field::Groups, reason: None }]);
    assert_eq!(join().deny(Check::Join(super::fixture::HELP), Verdict::deny()).denial(), denied);
    assert_eq!(join().deny(Check::Join(super::fixture::STAFF), Verdict::deny()).outcome(), "commit");
    let both = join().deny(Check::Join(super::fixture::HELP), Verdict::deny());
    let both = both.deny(Check::Set(Field::Groups), Verdict::deny());
    assert_eq!(both.denial(), denied, "reported once");
    let cleared = || Fixture::new(UserUpdate::replace().username("ada").name("Ada"));
    assert_eq!(cleared().deny(Check::Set(Field::Groups), Verdict::deny()).denial(), denied);
}

#[test]
fn first_checks_include_every_field() {
    let mut expected = vec![Check::View, Check::Change];
    expected.extend(Field::ALL.map(Check::Set));
    assert_eq!(access_checks(), expected);
}

#[test]
fn further_checks_follow_from_the_content() {
    let checked = |fixture: Fixture| {
        let checks = fixture.results().iter().map(|(check, _)| check).collect::<Vec<_>>();
        checks.into_iter().skip(2 + Field::ALL.len() + fixture.user.groups.len()).collect::<Vec<_>>()
    };
    let below = super::fixture::BELOW;
    assert_eq!(checked(Fixture::new(UserUpdate::replace().username("eve").name("Ada"))), []);
    let update = UserUpdate::patch().groups([super::fixture::STAFF, below, super::fixture::NOWHERE]);
    let expected = [
        Check::Join(below),
        Check::ViewGroup(ADMINS),
        Check::ViewGroup(below),
        Check::GrantSuperuser(ADMINS),
        Check::GrantSuperuser(below),
    ];
    let joins: std::collections::BTreeSet<Check> = checked(Fixture::new(update)).into_iter().collect();
    assert_eq!(joins, expected.into());
    let grant = [Check::GrantSuperuser(ADMINS)];
    for update in [UserUpdate::patch().is_active(false), UserUpdate::patch().groups([])] {
        assert_eq!(checked(Fixture::new(update).member_of([ADMINS])), grant);
    }
    assert_eq!(
        checked(Fixture::new(UserUpdate::patch().is_active(true)).member_of([ADMINS]).inactive()),
        grant
    );
    assert_eq!(checked(Fixture::new(UserUpdate::patch().is_active(true)).member_of([ADMINS])), []);
}

#[test]
fn conditions() {
    let stored = super::fixture::user().revision;
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
            let mut fixture = Fixture::new(update);
            fixture.conditions = Conditions { revisions: revisions.clone(), unless: unless.clone() };
            assert_eq!(fixture.outcome() != "condition", holds, "{:?}", fixture.conditions);
        }
    }
}

#[test]
fn host_rules_check_only_valid_changes() {
    let checked = |field, update| {
        let mut fixture = Fixture::new(update);
        fixture.rules = Box::new(Forbids(field));
        fixture.outcome() == "invalid" && fixture.faults().iter().any(|fault| fault.ends_with(": custom"))
    };
    let patch = UserUpdate::patch;
    assert!(checked(Field::Name, patch().name("x")));
    assert!(!checked(Field::Name, patch().name("Ada")), "it does not change");
    assert!(!checked(Field::Email, patch().name("x")), "it is not named");
    assert!(!checked(Field::Path, patch().path("/")), "it is invalid as it is");
    assert!(checked(Field::Groups, patch().groups([])));
    assert!(checked(Field::Attributes, patch().attributes(json!({"a": 1}))));
}
