//! Who may give power, who may touch those who have it, and how each safeguard is switched off.

use super::scene::{ADMINS, BELOW, HELP, ROOT, STAFF, Scene};
use crate::{Check, Denial, Field, Policy, Safeguard, Subject, UserType, UserUpdate};

fn join(groups: impl IntoIterator<Item = crate::GroupId>) -> Scene {
    Scene::new(UserUpdate::patch().groups(groups.into_iter().collect::<crate::Memberships>()))
}

fn activate() -> Scene {
    let scene = Scene::new(UserUpdate::patch().is_active(true)).inactive();
    scene.policy(|policy| policy.without(Safeguard::ProtectSuperusers))
}

#[test]
fn escalation() {
    let external = || Subject::External("idp".into());
    for (name, scene, expected) in vec![
        ("an ordinary group", join([HELP]), "commit"),
        ("directly", join([STAFF, ADMINS]), "grants power"),
        ("through an ancestor", join([BELOW]), "grants power"),
        ("by a superuser", join([BELOW, ADMINS]).powerful(), "commit"),
        ("by the host", join([ADMINS]).by(Subject::System), "commit"),
        ("by somebody from elsewhere", join([ADMINS]).by(external()), "grants power"),
        ("by nobody", join([ADMINS]).by(Subject::Anonymous), "grants power"),
        ("to oneself", join([ADMINS]).oneself(), "grants power"),
        ("with the right on the group", join([ADMINS]).grant(ADMINS), "commit"),
        ("with the right on the group below", join([BELOW]).grant(BELOW), "commit"),
        ("with the right on the ancestor", join([BELOW]).grant(ADMINS), "commit"),
        ("with the right on another group", join([BELOW]).grant(ROOT), "grants power"),
        ("with the right on one of two", join([ADMINS, ROOT]).grant(ROOT), "grants power"),
        ("with the right on the other", join([ADMINS, ROOT]).grant(ADMINS), "grants power"),
        ("to an inactive user", join([ADMINS]).inactive(), "grants power"),
        ("beside a bad element", join([ADMINS, super::scene::NOWHERE]), "grants power"),
        ("to a superuser", join([ADMINS, ROOT]).member_of([ROOT]), "grants power"),
        ("resent", join([ADMINS]).member_of([ADMINS]), "unchanged"),
        ("resent with another", join([ADMINS, HELP]).member_of([ADMINS]), "commit"),
        ("an actor whose power is retired", retired_actor(join([ADMINS])), "actor inactive"),
        ("activated", activate(), "commit"),
        ("activated with power", activate().member_of([BELOW]), "grants power"),
        ("activated with power and right", activate().member_of([BELOW]).grant(ADMINS), "commit"),
        ("activated with power by a superuser", activate().member_of([BELOW]).powerful(), "commit"),
        ("not activated", activate().member_of([BELOW]).user(|it| it.is_active = true), "unchanged"),
    ] {
        assert_eq!(scene.outcome(), expected, "{name}");
        if expected == "grants power" {
            let off = scene.policy(|policy| policy.without(Safeguard::Escalation));
            assert!(["commit", "invalid"].contains(&off.outcome()), "{name}, switched off");
        }
    }
}

fn retired_actor(scene: Scene) -> Scene {
    let mut scene = scene.powerful();
    scene.snapshot.actor.as_mut().unwrap().is_active = false;
    scene
}

#[test]
fn activation_may_leave_the_group_that_grants_in_the_same_step() {
    let update = UserUpdate::patch().is_active(true).groups([STAFF]);
    let scene = Scene::new(update).inactive().member_of([ADMINS, STAFF]);
    assert_eq!(scene.policy(|policy| policy.without(Safeguard::ProtectSuperusers)).outcome(), "commit");
}

#[test]
fn the_refusal_names_the_group() {
    let expected = |group, name: &str, through: Option<&str>| Denial::GrantsSuperuser {
        group,
        name: name.into(),
        through: through.map(str::to_owned),
    };
    assert_eq!(join([ADMINS]).denial(), expected(ADMINS, "admins", None));
    assert_eq!(join([BELOW]).denial(), expected(BELOW, "below", Some("admins")));
    let text = join([BELOW]).denial().to_string();
    assert!(text.ends_with("through the group \"below\" (below \"admins\")."), "{text}");
}

#[test]
fn superusers_are_protected_field_by_field() {
    let patch = UserUpdate::patch;
    for (update, field) in [
        (patch().username("eve"), Some(Field::Username)),
        (patch().username(""), Some(Field::Username)),
        (patch().email("eve@example.com"), Some(Field::Email)),
        (patch().is_active(false), Some(Field::IsActive)),
        (patch().attributes(serde_json::json!({"a": 1})), Some(Field::Attributes)),
        (patch().name("Eve"), None),
        (patch().path("a/b"), None),
        (patch().last_login(crate::Timestamp::UNIX_EPOCH), None),
        (patch().user_type(UserType::External), None),
        (patch().groups([]), None),
        (patch().username("ada").email("ada@example.com").is_active(true), None),
    ] {
        for groups in [[ADMINS], [BELOW]] {
            let scene = || Scene::new(update.clone()).member_of(groups);
            match field {
                Some(field) => assert_eq!(scene().denial(), Denial::ProtectedSuperuser(vec![field])),
                None => assert_ne!(scene().outcome(), "protected"),
            }
            let off = scene().policy(|policy| policy.without(Safeguard::ProtectSuperusers));
            for free in [scene().powerful(), scene().by(Subject::System), scene().oneself(), off] {
                assert_ne!(free.outcome(), "protected", "{field:?}");
            }
        }
        assert_ne!(Scene::new(update).outcome(), "protected", "no superuser: {field:?}");
    }
}

#[test]
fn a_retired_superuser_is_protected_but_for_being_given_power_again() {
    let retired = || Scene::new(UserUpdate::patch().email("eve@example.com")).member_of([ADMINS]).inactive();
    assert_eq!(retired().denial(), Denial::ProtectedSuperuser(vec![Field::Email]));
    let activate = || Scene::new(UserUpdate::patch().is_active(true)).member_of([ADMINS]).inactive();
    assert_eq!(activate().outcome(), "grants power");
    assert_eq!(activate().grant(ADMINS).outcome(), "commit");
    let unasked = activate().policy(|policy| policy.without(Safeguard::Escalation));
    assert_eq!(unasked.outcome(), "protected");
    assert_eq!(activate().powerful().outcome(), "commit");
}

#[test]
fn safeguards_on_values() {
    let machine = || Scene::new(UserUpdate::patch().user_type(UserType::InternalServiceAccount));
    assert_eq!(machine().powerful().faults(), ["type: type_not_allowed"]);
    let off = machine().policy(|policy| policy.without(Safeguard::InternalServiceAccount));
    assert_eq!(off.outcome(), "commit");

    let long = format!("{}@example.com", "a".repeat(65));
    let mail = || Scene::new(UserUpdate::patch().email(long.as_str()));
    assert_eq!(mail().powerful().faults(), ["email: invalid"]);
    assert_eq!(mail().policy(|policy| policy.without(Safeguard::RfcEmail)).outcome(), "commit");
    let stored = mail().user(|user| user.email = long.clone());
    assert_eq!(stored.outcome(), "unchanged", "only what changes is validated");
}

#[test]
fn the_recorded_release_asks_none_of_it() {
    for scene in [
        join([ADMINS]),
        Scene::new(UserUpdate::patch().email("eve@example.com")).member_of([ADMINS]),
        Scene::new(UserUpdate::patch().is_active(false)).member_of([ADMINS]).alone(),
        Scene::new(UserUpdate::patch().is_active(false)).member_of([ADMINS]).oneself().alone(),
    ] {
        assert_eq!(scene.policy(|_| Policy::authentik_2025_2()).outcome(), "commit");
    }
}

#[test]
fn an_authorizer_that_refuses_is_heard_before_any_safeguard() {
    let verdict = crate::Verdict::deny();
    assert_eq!(join([ADMINS]).refuse(Check::Set(Field::Groups), verdict).outcome(), "fields");
}
