//! The last superuser stays, and actors do not lose their own access by accident.

use super::fixture::{ADMINS, BELOW, Fixture, OTHER_PERSON, ROOT, STAFF};
use crate::{
    model::UserType,
    policy::{Policy, Safeguard},
    store::Superusers,
    update::UserUpdate,
};

fn deactivate() -> UserUpdate {
    UserUpdate::patch().is_active(false)
}

fn retype(user_type: UserType) -> UserUpdate {
    UserUpdate::patch().user_type(user_type)
}

fn leave() -> UserUpdate {
    UserUpdate::patch().groups([STAFF])
}

#[test]
fn last_superuser_cannot_be_demoted() {
    let put = || UserUpdate::replace().username("ada").name("Ada");
    for (name, fixture, refused) in [
        ("deactivated", Fixture::new(deactivate()).member_of([ADMINS]), true),
        ("deactivated, by an ancestor", Fixture::new(deactivate()).member_of([BELOW]), true),
        ("removed", Fixture::new(leave()).member_of([BELOW, STAFF]), true),
        ("removed by a PUT without groups", Fixture::new(put()).member_of([ADMINS]), true),
        ("both", Fixture::new(deactivate().groups([])).member_of([ADMINS]), true),
        ("moved", Fixture::new(UserUpdate::patch().groups([ROOT])).member_of([ADMINS]), false),
        ("removed from one of two", Fixture::new(leave().groups([ROOT])).member_of([ADMINS, ROOT]), false),
        ("removed while inactive", Fixture::new(leave()).member_of([ADMINS]).inactive(), false),
        ("no superuser", Fixture::new(deactivate()), false),
        ("made a service account", Fixture::new(retype(UserType::ServiceAccount)).member_of([ADMINS]), true),
        ("made external", Fixture::new(retype(UserType::External)).member_of([ADMINS]), false),
    ] {
        let fixture = fixture.by_superuser().alone();
        if !refused {
            assert_eq!(fixture.outcome(), "commit", "{name}");
            continue;
        }
        assert_eq!(fixture.faults(), ["last_superuser"], "{name}");
        let unknown = fixture.others(None);
        assert_eq!(unknown.faults(), ["last_superuser"], "{name}: facts that were not loaded count as none");
        let service = Superusers { person: false, service_account: true };
        let service = unknown.others(Some(service));
        assert_eq!(service.faults(), ["last_superuser"], "{name}: a service account is no person");
        let counting = service.policy(Policy::counting_service_accounts);
        assert_eq!(counting.outcome(), "commit", "{name}: service accounts count");
        let others = counting.others(Some(OTHER_PERSON));
        assert_eq!(others.outcome(), "commit", "{name}: another person is superuser");
        let off = others.alone().policy(|policy| policy.without(Safeguard::LastSuperuser));
        assert_eq!(off.outcome(), "commit", "{name}: switched off");
    }
}

#[test]
fn self_lockout_requires_a_confirmation() {
    for (name, fixture, refused) in [
        ("deactivated", Fixture::new(deactivate()), true),
        ("deactivated superuser", Fixture::new(deactivate()).member_of([ADMINS]), true),
        ("stripped", Fixture::new(leave()).member_of([ADMINS]), true),
        ("moved", Fixture::new(UserUpdate::patch().groups([ROOT])).member_of([BELOW]), false),
        ("left an ordinary group", Fixture::new(UserUpdate::patch().groups([])), false),
        ("renamed", Fixture::new(UserUpdate::patch().username("eve")).member_of([ADMINS]), false),
    ] {
        let fixture = fixture.by_self();
        if !refused {
            assert_eq!(fixture.outcome(), "commit", "{name}");
            continue;
        }
        assert_eq!(fixture.faults(), ["self_lockout"], "{name}");
        let off = fixture.policy(|policy| policy.without(Safeguard::SelfLockout));
        assert_eq!(off.outcome(), "commit", "{name}: switched off");
        let mut requested = off.policy(|policy| policy.with(Safeguard::SelfLockout));
        requested.allow_self_lockout = true;
        assert_eq!(requested.outcome(), "commit", "{name}: requested");
    }
}

#[test]
fn locking_out_another_user_requires_no_confirmation() {
    assert_eq!(Fixture::new(deactivate()).outcome(), "commit");
    assert_eq!(Fixture::new(leave()).member_of([ADMINS]).by_superuser().outcome(), "commit");
}

#[test]
fn both_violations_are_reported_and_the_confirmation_lifts_one() {
    let mut fixture = Fixture::new(deactivate()).member_of([ADMINS]).by_self().alone();
    assert_eq!(fixture.faults(), ["last_superuser", "self_lockout"]);
    fixture.allow_self_lockout = true;
    assert_eq!(fixture.faults(), ["last_superuser"]);
    fixture.update = UserUpdate::patch().is_active(false).path("/");
    assert_eq!(fixture.faults(), ["path: edge_slash"], "violations of fields hide the lock-out");
}

#[test]
fn last_service_account_is_protected_without_superuser_person() {
    let service = |update| {
        let fixture = Fixture::new(update).member_of([ADMINS]).by_superuser().alone();
        fixture.user(|user| user.user_type = UserType::ServiceAccount)
    };
    assert_eq!(service(deactivate()).faults(), ["last_superuser"]);
    assert_eq!(service(leave()).faults(), ["last_superuser"]);
    assert_eq!(service(retype(UserType::Internal)).outcome(), "commit", "a person takes its place");
    assert_eq!(service(deactivate()).others(Some(OTHER_PERSON)).outcome(), "commit");
    let internal = Fixture::new(leave()).member_of([ADMINS]).by_superuser().alone();
    let internal = internal.user(|user| user.username = crate::model::ANONYMOUS_USERNAME.into());
    assert_eq!(internal.outcome(), "hidden", "the anonymous user is never changed");
}
