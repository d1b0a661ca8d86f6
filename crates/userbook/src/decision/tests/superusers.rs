//! Granting and revoking superuser status, changes of superusers, and switching safeguards off.

use super::fixture::{ADMINS, BELOW, Fixture, HELP, ROOT, STAFF};
use crate::{
    authz::{Check, Subject},
    decision::Denial,
    model::UserType,
    policy::{Policy, Safeguard},
    update::UserUpdate,
    violation::Field,
};

fn join(groups: impl IntoIterator<Item = crate::model::GroupId>) -> Fixture {
    Fixture::new(UserUpdate::patch().groups(groups.into_iter().collect::<crate::field::Memberships>()))
}

fn activate() -> Fixture {
    let fixture = Fixture::new(UserUpdate::patch().is_active(true)).inactive();
    fixture.policy(|policy| policy.without(Safeguard::ProtectPrivileged))
}

#[test]
fn escalation() {
    let external = || Subject::External("idp".into());
    for (name, fixture, expected) in vec![
        ("an ordinary group", join([HELP]), "commit"),
        ("directly", join([STAFF, ADMINS]), "grants superuser"),
        ("through an ancestor", join([BELOW]), "grants superuser"),
        ("by a superuser", join([BELOW, ADMINS]).by_superuser(), "commit"),
        ("by the host", join([ADMINS]).by(Subject::System), "commit"),
        ("by an external actor", join([ADMINS]).by(external()), "grants superuser"),
        ("by an anonymous actor", join([ADMINS]).by(Subject::Anonymous), "grants superuser"),
        ("to oneself", join([ADMINS]).by_self(), "grants superuser"),
        ("with the right on the group", join([ADMINS]).grant(ADMINS), "commit"),
        ("with the right on the group below", join([BELOW]).grant(BELOW), "commit"),
        ("with the right on the ancestor", join([BELOW]).grant(ADMINS), "commit"),
        ("with the right on another group", join([BELOW]).grant(ROOT), "grants superuser"),
        ("with the right on one of two", join([ADMINS, ROOT]).grant(ROOT), "grants superuser"),
        ("with the right on the other", join([ADMINS, ROOT]).grant(ADMINS), "grants superuser"),
        ("to an inactive user", join([ADMINS]).inactive(), "grants superuser"),
        ("beside a bad element", join([ADMINS, super::fixture::NOWHERE]), "grants superuser"),
        ("to a superuser", join([ADMINS, ROOT]).member_of([ROOT]), "grants superuser"),
        ("resent", join([ADMINS]).member_of([ADMINS]), "unchanged"),
        ("resent with another", join([ADMINS, HELP]).member_of([ADMINS]), "commit"),
        ("an inactive superuser", inactive_actor(join([ADMINS])), "actor inactive"),
        ("activated", activate(), "commit"),
        ("activated superuser", activate().member_of([BELOW]), "grants superuser"),
        ("activated superuser, with the right", activate().member_of([BELOW]).grant(ADMINS), "commit"),
        ("activated superuser, by a superuser", activate().member_of([BELOW]).by_superuser(), "commit"),
        ("not activated", activate().member_of([BELOW]).user(|it| it.is_active = true), "unchanged"),
    ] {
        assert_eq!(fixture.outcome(), expected, "{name}");
        if expected == "grants superuser" {
            let off = fixture.policy(|policy| policy.without(Safeguard::Escalation));
            assert!(["commit", "invalid"].contains(&off.outcome()), "{name}, switched off");
        }
    }
}

fn inactive_actor(fixture: Fixture) -> Fixture {
    let mut fixture = fixture.by_superuser();
    fixture.snapshot.actor.as_mut().unwrap().is_active = false;
    fixture
}

#[test]
fn activation_with_a_leave_revokes_superuser_status() {
    let update = UserUpdate::patch().is_active(true).groups([STAFF]);
    let fixture = Fixture::new(update).inactive().member_of([ADMINS, STAFF]);
    let fixture = fixture.policy(|policy| policy.without(Safeguard::ProtectPrivileged));
    assert_eq!(fixture.outcome(), "grants superuser");
    assert_eq!(fixture.grant(ADMINS).outcome(), "commit");
}

#[test]
fn demotion() {
    let leave = || Fixture::new(UserUpdate::patch().groups([STAFF]));
    let deactivate = || Fixture::new(UserUpdate::patch().is_active(false));
    let unprotected =
        |fixture: Fixture| fixture.policy(|policy| policy.without(Safeguard::ProtectPrivileged));
    for (name, fixture, expected) in [
        ("an ordinary group", leave().member_of([STAFF, HELP]), "commit"),
        ("directly", leave().member_of([STAFF, ADMINS]), "revokes superuser"),
        ("through an ancestor", leave().member_of([STAFF, BELOW]), "revokes superuser"),
        ("of an inactive user", leave().member_of([ADMINS]).inactive(), "revokes superuser"),
        (
            "one of two",
            Fixture::new(UserUpdate::patch().groups([ROOT])).member_of([ADMINS, ROOT]),
            "revokes superuser",
        ),
        (
            "PUT without groups",
            Fixture::new(UserUpdate::replace().username("ada").name("Ada")).member_of([ADMINS]),
            "revokes superuser",
        ),
        ("with the right on the ancestor", leave().member_of([BELOW]).grant(ADMINS), "commit"),
        ("with the right on another group", leave().member_of([BELOW]).grant(ROOT), "revokes superuser"),
        ("by a superuser", leave().member_of([ADMINS]).by_superuser(), "commit"),
        ("by the host", leave().member_of([ADMINS]).by(Subject::System), "commit"),
        ("deactivated", unprotected(deactivate().member_of([ADMINS])), "revokes superuser"),
        ("deactivated with the right", unprotected(deactivate().member_of([ADMINS])).grant(ADMINS), "commit"),
    ] {
        assert_eq!(fixture.outcome(), expected, "{name}");
        if expected == "revokes superuser" {
            let off = fixture.policy(|policy| policy.without(Safeguard::Demotion));
            assert_eq!(off.outcome(), "commit", "{name}, switched off");
        }
    }
    let expected =
        Denial::RevokesSuperuser { group: BELOW, name: Some("below".into()), through: Some("admins".into()) };
    assert_eq!(leave().member_of([BELOW]).denial(), expected);
}

#[test]
fn denial_names_the_group() {
    let expected = |group, name: &str, through: Option<&str>| Denial::GrantsSuperuser {
        group,
        name: Some(name.into()),
        through: through.map(str::to_owned),
    };
    assert_eq!(join([ADMINS]).denial(), expected(ADMINS, "admins", None));
    assert_eq!(join([BELOW]).denial(), expected(BELOW, "below", Some("admins")));
    let text = join([BELOW]).denial().to_string();
    assert!(text.ends_with("through the group \"below\" (below \"admins\")."), "{text}");
}

/// Returns every field with a change, and whether the field of a privileged user is protected.
fn changes() -> Vec<(UserUpdate, Field, bool)> {
    let patch = UserUpdate::patch;
    vec![
        (patch().username("eve"), Field::Username, true),
        (patch().username(""), Field::Username, true),
        (patch().email("eve@example.com"), Field::Email, true),
        (patch().attributes(serde_json::json!({"a": 1})), Field::Attributes, true),
        (patch().path("a/b"), Field::Path, true),
        (patch().last_login(crate::model::Timestamp::UNIX_EPOCH), Field::LastLogin, true),
        (patch().user_type(UserType::External), Field::Type, true),
        (patch().name("Eve"), Field::Name, false),
        (patch().groups([HELP]), Field::Groups, false),
        (patch().username("ada").email("ada@example.com").is_active(true), Field::Email, false),
    ]
}

#[test]
fn superusers_and_holders_are_protected_field_by_field() {
    let off = |policy: Policy| policy.without(Safeguard::ProtectPrivileged);
    for (update, field, protected) in changes() {
        let new = || Fixture::new(update.clone());
        let superuser = || new().member_of([BELOW, HELP]).grant(BELOW);
        let retired = || superuser().inactive();
        let holder = || new().user_can_grant(Some(true));
        let unknown = || new().user_can_grant(None);
        let privileged: [&dyn Fn() -> Fixture; 4] = [&superuser, &retired, &holder, &unknown];
        for fixture in privileged {
            if protected {
                assert_eq!(fixture().denial(), Denial::ProtectedUser(vec![field]));
            } else if field != Field::Email {
                assert_ne!(fixture().outcome(), "protected", "{field:?}");
            }
            let fixtures = [
                fixture().by_superuser(),
                fixture().by(Subject::System),
                fixture().by_self(),
                fixture().policy(off),
            ];
            for free in fixtures {
                assert_ne!(free.outcome(), "protected", "{field:?}");
            }
        }
        let ordinary = Fixture::new(update).outcome();
        assert!(["commit", "unchanged", "invalid"].contains(&ordinary), "{field:?}: {ordinary}");
    }
}

#[test]
fn right_to_every_granting_group_permits_activity_changes() {
    let toggle = |to: bool| {
        let fixture = Fixture::new(UserUpdate::patch().is_active(to));
        if to { fixture.inactive() } else { fixture }
    };
    let protected = Denial::ProtectedUser(vec![Field::IsActive]);
    for to in [true, false] {
        let superuser = || toggle(to).member_of([ADMINS, ROOT]);
        assert_ne!(superuser().grant(ADMINS).outcome(), "commit");
        assert_eq!(superuser().grant(ADMINS).grant(ROOT).outcome(), "commit");
        let alone = |policy: Policy| policy.without(Safeguard::Escalation).without(Safeguard::Demotion);
        assert_eq!(superuser().grant(ADMINS).policy(alone).denial(), protected);
        assert_eq!(superuser().by_superuser().outcome(), "commit");
        let holder = toggle(to).user_can_grant(Some(true)).grant(ADMINS);
        assert_eq!(holder.denial(), protected, "a holder in no granting group");
        let both = toggle(to).member_of([ADMINS]).user_can_grant(Some(true)).grant(ADMINS);
        assert_eq!(both.outcome(), "commit");
    }
    let more = Fixture::new(UserUpdate::patch().is_active(false).email("eve@example.com"));
    let more = more.member_of([ADMINS]).grant(ADMINS);
    assert_eq!(more.denial(), Denial::ProtectedUser(vec![Field::Email]));
}

#[test]
fn safeguards_on_values() {
    let machine = || Fixture::new(UserUpdate::patch().user_type(UserType::InternalServiceAccount));
    assert_eq!(machine().by_superuser().faults(), ["type: type_not_allowed"]);
    let off = machine().policy(|policy| policy.without(Safeguard::InternalServiceAccount));
    assert_eq!(off.outcome(), "commit");

    let long = format!("{}@example.com", "a".repeat(65));
    let mail = || Fixture::new(UserUpdate::patch().email(long.as_str()));
    assert_eq!(mail().by_superuser().faults(), ["email: invalid"]);
    assert_eq!(mail().policy(|policy| policy.without(Safeguard::RfcEmail)).outcome(), "commit");
    let stored = mail().user(|user| user.email = long.clone());
    assert_eq!(stored.outcome(), "unchanged", "only what changes is validated");
}

#[test]
fn recorded_policy_has_no_safeguard() {
    for fixture in [
        join([ADMINS]),
        Fixture::new(UserUpdate::patch().email("eve@example.com")).member_of([ADMINS]),
        Fixture::new(UserUpdate::patch().is_active(false)).member_of([ADMINS]).alone(),
        Fixture::new(UserUpdate::patch().is_active(false)).member_of([ADMINS]).by_self().alone(),
        Fixture::new(UserUpdate::patch().groups([])).member_of([ADMINS]),
        Fixture::new(UserUpdate::patch().name("a\u{7}").path("\u{202e}")).user_can_grant(Some(true)),
    ] {
        assert_eq!(fixture.policy(|_| Policy::authentik_2025_2()).outcome(), "commit");
    }
}

#[test]
fn denial_of_the_authorizer_precedes_safeguards() {
    let verdict = crate::authz::Verdict::deny();
    assert_eq!(join([ADMINS]).deny(Check::Set(Field::Groups), verdict).outcome(), "fields");
}
