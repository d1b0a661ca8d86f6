//! The field table of the contract: absence, null and values.

use serde_json::json;

use super::fixture::{CHANGE, Fixture, NOW, NOWHERE, STAFF, user};
use crate::{
    authz::{Check, Verdict},
    decision::Decision,
    field::{GroupRef, Memberships},
    model::{GroupId, Timestamp, User, UserType, parse_timestamp},
    policy::{DistinctNames, Policy, Safeguard},
    update::{FieldOps, Mode, Op, UserUpdate},
    violation::{Field, ViolationKind},
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
fn absent_fields_are_required_or_kept() {
    assert_eq!(Fixture::new(UserUpdate::replace()).faults(), ["username: required", "name: required"]);
    let superuser = Fixture::new(UserUpdate::replace()).member_of([super::fixture::ADMINS]).by_superuser();
    assert_eq!(
        superuser.faults(),
        ["username: required", "name: required"],
        "what is missing changes nothing"
    );
    assert_eq!(Fixture::new(UserUpdate::patch()).outcome(), "unchanged");
    assert_eq!(Fixture::new(put()).outcome(), "unchanged", "PUT keeps optional fields");

    let cleared = Fixture::new(UserUpdate::replace().username("ada").name("Ada")).commit().change;
    assert_eq!(cleared.groups_removed, [STAFF].into());
    assert!(cleared.fields.is_empty());
}

#[test]
fn null_clears_or_violates() {
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
        assert_eq!(Fixture::new(update).faults(), [expected]);
    }
    let clears = Fixture::new(UserUpdate::patch().last_login(None));
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
        (
            UserUpdate::patch().is_active(false),
            Field::IsActive,
            Box::new(|it| (it.is_active, it.session_epoch) = (false, CHANGE.into())),
        ),
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
        let commit = Fixture::new(update).commit();
        let mut expected = user();
        alter(&mut expected);
        expected.revision = commit.change.change.into();
        expected.version += 1;
        expected.updated_at = NOW;
        assert_eq!(commit.view.user, expected, "{field}");
        let mut applied = user();
        commit.change.apply_to(&mut applied);
        assert_eq!(applied, expected, "{field}: the change set says the same");
        assert_eq!(commit.diff.keys().collect::<Vec<_>>(), [field.as_str()]);
    }
}

#[test]
fn violations_that_depend_on_the_directory() {
    let far = parse_timestamp("9999-12-31T23:59:59Z").unwrap() + chrono::TimeDelta::seconds(1);
    let local = format!("{}@example.com", "a".repeat(65));
    let taken = |mut fixture: Fixture| {
        fixture.snapshot.username_taken = true;
        fixture
    };
    let patch = UserUpdate::patch;
    for (fixture, expected) in [
        (taken(Fixture::new(patch().username("bob"))), vec!["username: unique"]),
        (Fixture::new(patch().username("AnonymousUser")), vec!["username: unique"]),
        (Fixture::new(patch().last_login(far)), vec!["last_login: overflow"]),
        (Fixture::new(patch().email(local)), vec!["email: invalid"]),
        (
            Fixture::new(patch().merge_attributes(json!({"a": "\0"}).as_object().cloned().unwrap())),
            vec!["attributes: null_characters_not_allowed"],
        ),
        (Fixture::new(patch().user_type(UserType::InternalServiceAccount)), vec!["type: type_not_allowed"]),
        (
            taken(Fixture::new(UserUpdate::replace().username("bob").email("x").path("/"))),
            vec!["username: unique", "name: required", "email: invalid", "path: edge_slash"],
        ),
    ] {
        assert_eq!(fixture.faults(), expected);
    }
    let own = taken(Fixture::new(patch().username("ada")));
    assert_eq!(own.outcome(), "unchanged", "one's own name is free");
}

#[test]
fn stored_values_may_violate_rules() {
    let odd = |user: &mut User| {
        user.username.clear();
        user.email = "odd".into();
        user.path = "/odd/".into();
        user.attributes = json!({"a": "\0"}).into();
    };
    let commit = Fixture::new(UserUpdate::patch().name("New")).user(odd).commit();
    assert_eq!(commit.change.fields.path, None);
    assert_eq!(commit.view.user.email, "odd");
    let merge = UserUpdate::patch().merge_attributes(json!({"b": null}).as_object().cloned().unwrap());
    assert_eq!(Fixture::new(merge).user(odd).outcome(), "unchanged");
    let repeated = Fixture::new(UserUpdate::patch().name("New").email("odd")).user(odd);
    assert_eq!(repeated.faults(), ["email: invalid"], "the form of a named value is checked");
}

#[test]
fn groups_report_their_first_bad_element() {
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
        let fixture = Fixture::new(UserUpdate::patch().groups(Memberships::collect(elements)));
        let Decision::Reject(crate::decision::Rejection::Invalid(violations)) = fixture.decide() else {
            panic!()
        };
        let found: Vec<_> = violations.iter().map(|it| (it.field, it.kind.clone())).collect();
        assert_eq!(found, [(Some(Field::Groups), expected)]);
    }
    let duplicates = Fixture::new(UserUpdate::patch().groups([STAFF, STAFF]));
    assert_eq!(duplicates.outcome(), "unchanged");
}

#[test]
fn internal_service_accounts_cannot_be_created_or_changed() {
    const MACHINE: UserType = UserType::InternalServiceAccount;
    let patch = UserUpdate::patch;
    let machine = |update| Fixture::new(update).user(|user| user.user_type = MACHINE);
    for (fixture, expected) in [
        (machine(patch()), vec!["internal_service_account"]),
        (machine(patch().name("x")), vec!["internal_service_account"]),
        (machine(patch().user_type(MACHINE)), vec!["internal_service_account"]),
        (machine(patch().user_type(UserType::Internal)), vec!["type: type_is_fixed"]),
        // An invalid field takes precedence over the rejected change of type.
        (machine(patch().path("/x")), vec!["path: edge_slash"]),
        (machine(patch().is_active(false)).by_self(), vec!["internal_service_account"]),
    ] {
        assert_eq!(fixture.faults(), expected);
    }
    let recorded = Fixture::new(patch().user_type(MACHINE)).policy(|_| Policy::authentik_2025_2());
    assert_eq!(recorded.outcome(), "commit");
}

#[test]
fn attributes_change_with_their_representation() {
    let stored = |user: &mut User| user.attributes = json!({"n": 1, "m": 2}).into();
    let fixture = |attributes| Fixture::new(UserUpdate::patch().attributes(attributes)).user(stored);
    assert_eq!(fixture(json!({"m": 2, "n": 1})).outcome(), "unchanged");
    assert_eq!(fixture(json!({"n": 1.0, "m": 2})).commit().view.user.attributes, json!({"n": 1.0, "m": 2}));
}

#[test]
fn limits_apply_to_changed_values() {
    let limits = crate::limits::Limits {
        attribute_bytes: 20,
        attribute_nodes: 4,
        name_chars: 5,
        path_chars: 5,
        groups_joined: 1,
        ..crate::limits::Limits::default()
    };
    let [a, b] = [7, 8].map(|n| GroupId(uuid::Uuid::from_u128(n)));
    let long = json!({"a": "0123456789abcdef"});
    let many = json!({"a": [1, 2, 3]});
    for (update, expected) in [
        (UserUpdate::patch().name("ä".repeat(6)), "name: max_length"),
        (UserUpdate::patch().path("a/b/cd"), "path: max_length"),
        (UserUpdate::patch().groups([STAFF, a, b]), "groups: too_many_groups"),
        // At the limit: the next rule applies.
        (UserUpdate::patch().groups([STAFF, a]), "groups: does_not_exist"),
        (UserUpdate::patch().attributes(long.clone()), "attributes: too_large"),
        (UserUpdate::patch().attributes(many.clone()), "attributes: too_many_values"),
        (UserUpdate::patch().merge_attributes(long.as_object().cloned().unwrap()), "attributes: too_large"),
    ] {
        let fixture = Fixture::new(update).policy(|policy| policy.with_limits(limits.clone()));
        assert_eq!(fixture.faults(), [expected]);
    }
    let stored = |user: &mut User| {
        user.name = "ä".repeat(6);
        user.attributes = many.into();
    };
    let kept = Fixture::new(UserUpdate::patch().path("a/b").name("ä".repeat(6))).user(stored);
    let kept = kept.policy(|policy| policy.with_limits(limits.clone()));
    assert_eq!(kept.outcome(), "commit", "a stored value above a limit stays");
    let fits = UserUpdate::patch().name("ä".repeat(5)).path("a/b/c").attributes(json!({"a": [1, 2]}));
    assert_eq!(Fixture::new(fits).policy(|policy| policy.with_limits(limits)).outcome(), "commit");
}

#[test]
fn plain_names_reject_control_and_format_characters() {
    for (update, expected) in [
        (UserUpdate::patch().username("adm\u{200b}in"), "username: format_character"),
        (UserUpdate::patch().username("\u{202e}admin"), "username: format_character"),
        (UserUpdate::patch().username("a\r\nb"), "username: control_character"),
        (UserUpdate::patch().username("a\u{3164}b"), "username: format_character"),
        (UserUpdate::patch().username("ada\u{fe0f}"), "username: format_character"),
        (UserUpdate::patch().path("a\u{34f}b"), "path: format_character"),
        (UserUpdate::patch().path("a\u{7}b"), "path: control_character"),
        (UserUpdate::patch().path("a\u{2066}b"), "path: format_character"),
        (UserUpdate::patch().name("a\u{1b}[2Jb"), "name: control_character"),
    ] {
        assert_eq!(Fixture::new(update.clone()).faults(), [expected]);
        let off = Fixture::new(update).policy(|policy| policy.without(crate::policy::Safeguard::PlainNames));
        assert_eq!(off.outcome(), "commit", "{expected}: switched off");
    }
    let joined = Fixture::new(UserUpdate::patch().name("\u{1f468}\u{200d}\u{1f469}"));
    assert_eq!(joined.outcome(), "commit", "a display name may contain format characters");
    let stored = Fixture::new(UserUpdate::patch().username("a\u{7}b").name("x"));
    assert_eq!(stored.user(|user| user.username = "a\u{7}b".into()).outcome(), "commit");
}

#[test]
fn an_invisible_username_is_blank_and_never_distinct() {
    use crate::policy::Safeguard::{DistinctLogins, PlainNames};
    for name in ["\u{3164}", "\u{115f}\u{3164}", "\u{fe0f}", "\u{200b}\u{34f}"] {
        let fixture = || Fixture::new(UserUpdate::patch().username(name));
        assert_eq!(fixture().faults(), ["username: blank"], "{name:?}");
        for safeguard in [DistinctLogins, PlainNames] {
            let other = fixture().policy(|policy| policy.without(safeguard));
            assert_eq!(other.faults(), ["username: blank"], "{name:?} without {safeguard:?}");
        }
        let off = fixture().policy(|policy| policy.without(DistinctLogins).without(PlainNames));
        assert_eq!(off.outcome(), "commit", "{name:?}");
        let stored = Fixture::new(UserUpdate::patch().username(name).name("x"));
        assert_eq!(stored.user(|user| user.username = name.into()).outcome(), "commit", "{name:?} is stored");
    }
}

#[test]
fn address_of_a_person_is_required_if_the_policy_says_so() {
    use crate::model::UserType::{External, Internal, ServiceAccount};
    let none = UserUpdate::patch;
    for (stored, address, update, faults) in [
        (Internal, "a@x.org", none().email(""), vec!["email: blank"]),
        (Internal, "a@x.org", none().email("b@x.org"), vec![]),
        (Internal, "a@x.org", UserUpdate::replace().username("ada").name("Eve"), vec![]),
        (External, "", none().email(""), vec![]),
        (External, "", none().is_active(false), vec![]),
        (ServiceAccount, "a@x.org", none().email(""), vec![]),
        (ServiceAccount, "", none().user_type(External), vec!["email: required"]),
        (ServiceAccount, "", none().user_type(External).email(""), vec!["email: blank"]),
        (ServiceAccount, "", none().user_type(External).email("x"), vec!["email: invalid"]),
        (ServiceAccount, "", none().user_type(External).email("a@x.org"), vec![]),
        (Internal, "a@x.org", none().user_type(ServiceAccount).email(""), vec![]),
    ] {
        let fixture = || {
            Fixture::new(update.clone())
                .user(|user| (user.user_type, user.email) = (stored, address.to_owned()))
        };
        let required = fixture().policy(Policy::with_required_email);
        if faults.is_empty() {
            assert_eq!(required.outcome(), fixture().outcome(), "{update:?}");
            assert_ne!(required.outcome(), "invalid", "{update:?}");
        } else {
            assert_eq!(required.faults(), faults, "{update:?}");
        }
    }
}

#[test]
fn missing_address_is_no_attempt_to_change_it() {
    use crate::model::UserType::{External, ServiceAccount};
    let became = Fixture::new(UserUpdate::patch().user_type(External))
        .user(|user| (user.user_type, user.email) = (ServiceAccount, String::new()))
        .policy(Policy::with_required_email)
        .deny(Check::Set(Field::Email), Verdict::Deny(None));
    assert_eq!(became.faults(), ["email: required"]);
}

#[test]
fn names_of_others_are_taken_as_the_policy_says() {
    let taken = |update: UserUpdate, login: bool, email: bool| {
        let mut fixture = Fixture::new(update);
        (fixture.snapshot.login_taken, fixture.snapshot.email_taken) = (login, email);
        fixture
    };
    let rename = || UserUpdate::patch().username("eve");
    let address = || UserUpdate::patch().email("eve@example.org");
    let unique = |policy: Policy| policy.with_unique_email();
    let without = |policy: Policy| policy.without(Safeguard::DistinctLogins);
    assert_eq!(taken(rename(), true, false).faults(), ["username: unique"]);
    assert_eq!(taken(rename(), false, true).outcome(), "commit");
    assert_eq!(taken(rename(), true, true).policy(without).outcome(), "commit");
    assert_eq!(taken(address(), true, true).outcome(), "commit");
    assert_eq!(taken(address(), false, true).policy(unique).faults(), ["email: unique"]);
    let own = UserUpdate::patch().username("ada").email("ada@example.com");
    assert_eq!(taken(own, true, true).policy(unique).outcome(), "unchanged");

    let distinct = |fixture: Fixture| fixture.commit().change.guards.distinct;
    let names = |username, email| DistinctNames { username, email };
    assert_eq!(distinct(taken(rename(), false, false)), names(true, false));
    assert_eq!(distinct(taken(rename(), false, false).policy(without)), names(false, false));
    assert_eq!(distinct(taken(address(), false, false)), names(false, false));
    assert_eq!(distinct(taken(address(), false, false).policy(unique)), names(false, true));
    // The own address as username, whatever protected it before.
    let to_address = || UserUpdate::patch().username("ADA@example.com");
    assert_eq!(distinct(taken(to_address(), false, false)), names(true, false));
    assert_eq!(distinct(taken(to_address(), false, false).policy(unique)), names(true, false));
}
