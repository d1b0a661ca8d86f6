//! The beginning and the end of a user.

use super::scene::{
    ACTOR, ACTOR_REVISION, ADMINS, BELOW, CHANGE, EPOCHS, HELP, STAFF, Scene, actor_state, all_groups, codes,
};
use crate::{
    Actor, ActorGuard, Check, CheckResults, Denial, DirectorySnapshot, Effect, EpochGuard, EventKind,
    EventTarget, FieldDiff, GroupId, Guards, NoRules, Op, Policy, ProvisioningChange, ProvisioningOp,
    Rejection, Safeguard, Subject, Timestamp, UserId, UserType, UserUpdate, UserView, Verdict, Verdicts,
    decide::{Deletion, Insertion, blank, delete, insert, with_defaults},
};

const ACTOR_GUARD: Option<ActorGuard> = Some(ActorGuard { user: ACTOR, revision: ACTOR_REVISION });
const GRAPH: Option<EpochGuard> = Some(EpochGuard::read(EPOCHS.graph));
const SUPERUSERS: Option<EpochGuard> = Some(EpochGuard::bump(EPOCHS.superusers));

fn added(
    update: &UserUpdate,
    actor_groups: &[GroupId],
    allowed: &[Check],
) -> Result<(ProvisioningChange, UserView), Rejection> {
    let directory = DirectorySnapshot {
        groups: all_groups().into_iter().collect(),
        actor: Some(actor_state(actor_groups.iter().copied())),
        epochs: EPOCHS,
        ..DirectorySnapshot::default()
    };
    let verdicts = allowed.iter().map(|_| Verdict::Allow).collect::<Verdicts>();
    insert(&Insertion {
        snapshot: &blank(directory, uuid::Uuid::from_u128(9), Timestamp::UNIX_EPOCH),
        ops: &with_defaults(update.fields().unwrap().clone()),
        actor: &Actor::user(ACTOR),
        results: &CheckResults::new(allowed.iter().copied(), verdicts),
        policy: &Policy::hardened(),
        rules: &NoRules,
        change: CHANGE,
    })
}

fn new() -> UserUpdate {
    UserUpdate::replace().username("eve").name("Eve")
}

#[test]
fn a_new_user_has_the_models_defaults() {
    let (provision, view) = added(&new(), &[], &[Check::AddUser]).unwrap();
    let user = &view.user;
    assert_eq!((user.id, user.version, user.revision), (UserId(30), 1, CHANGE.into()));
    assert!(user.is_active && user.groups.is_empty() && user.attributes == serde_json::json!({}));
    assert_eq!((user.path.as_str(), user.user_type), ("users", UserType::Internal));
    assert_eq!(provision.step, ProvisioningOp::InsertUser(Box::new(user.clone())));
    assert_eq!(provision.guards, Guards { actor: ACTOR_GUARD, ..Guards::default() });
    let event = provision.event;
    assert_eq!((event.kind, event.target), (EventKind::UserInserted, EventTarget::User(UserId(30))));
    assert_eq!(event.diff.len(), 9);
    let name = FieldDiff::Value { old: serde_json::Value::Null.into(), new: "Eve".into() };
    assert_eq!(event.diff.get("name"), Some(&name));
}

#[test]
fn a_new_user_is_under_the_rules_of_an_update() {
    let all = [Check::AddUser];
    let bad = UserUpdate::replace().email("x").groups([super::scene::NOWHERE]);
    let Err(Rejection::Invalid(violations)) = added(&bad, &[], &all) else { panic!() };
    let expected = ["username: required", "name: required", "groups: does_not_exist", "email: invalid"];
    assert_eq!(codes(&violations), expected);
    let machine = new().user_type(UserType::InternalServiceAccount);
    let Err(Rejection::Invalid(violations)) = added(&machine, &[ADMINS], &all) else { panic!() };
    assert_eq!(codes(&violations), ["type: type_not_allowed"]);
    let reserved = UserUpdate::replace().username(crate::ANONYMOUS_USERNAME).name("");
    assert!(matches!(added(&reserved, &[ADMINS], &all), Err(Rejection::Invalid(_))));
    let mut null = new().fields().unwrap().clone();
    null.is_active = Op::Null;
    assert!(matches!(added(&null.into(), &[], &all), Err(Rejection::Invalid(_))));
}

#[test]
fn power_is_given_to_a_new_user_as_to_any() {
    let denied = |result| matches!(result, Err(Rejection::Forbidden(Denial::GrantsSuperuser { .. })));
    for active in [true, false] {
        let join = |group| new().groups([group]).is_active(active);
        let may = |group| [Check::AddUser, Check::Join(group)];
        assert!(denied(added(&join(ADMINS), &[], &may(ADMINS))));
        assert!(denied(added(&join(BELOW), &[HELP], &may(BELOW))));
        let (provision, view) = added(&join(BELOW), &[ADMINS], &may(BELOW)).unwrap();
        assert!(view.is_superuser);
        let superusers = if active { SUPERUSERS } else { None };
        assert_eq!(provision.guards, Guards { graph: GRAPH, superusers, actor: ACTOR_GUARD });
        let right = [Check::AddUser, Check::Join(BELOW), Check::GrantSuperuser(ADMINS)];
        assert!(added(&join(BELOW), &[], &right).is_ok());
        // A group that grants nothing must still grant nothing.
        assert_eq!(added(&join(STAFF), &[], &may(STAFF)).unwrap().0.guards.graph, GRAPH);
        // To make users is not to put them anywhere.
        let refused = added(&join(STAFF), &[], &[Check::AddUser]);
        assert!(matches!(refused, Err(Rejection::Forbidden(Denial::Fields(_)))));
    }
    let refused = added(&new().path("/"), &[], &[]);
    assert_eq!(refused.unwrap_err(), Rejection::Forbidden(Denial::Permission(None)));
}

fn deleted(scene: &Scene, refused: Option<(Check, &Verdict)>) -> Result<ProvisioningChange, Rejection> {
    let checks = [Check::View, Check::DeleteUser];
    let verdict = |check| match refused {
        Some((refused, verdict)) if refused == check => verdict.clone(),
        _ => Verdict::Allow,
    };
    delete(&Deletion {
        snapshot: &scene.snapshot,
        actor: &scene.actor,
        results: &CheckResults::new(checks, checks.into_iter().map(verdict).collect()),
        policy: &scene.policy,
        allow_self_lockout: scene.allow_self_lockout,
        now: Timestamp::UNIX_EPOCH,
        change: CHANGE,
    })
}

fn scene() -> Scene {
    Scene::new(UserUpdate::patch())
}

#[test]
fn who_may_delete() {
    let refused = |check, verdict: Verdict| deleted(&scene(), Some((check, &verdict))).unwrap_err();
    let forbidden = || Rejection::Forbidden(Denial::Permission(None));
    assert_eq!(refused(Check::View, Verdict::Hide), Rejection::Hidden);
    assert_eq!(refused(Check::View, Verdict::deny()), forbidden());
    assert_eq!(refused(Check::DeleteUser, Verdict::deny()), forbidden());

    let superuser = || scene().member_of([BELOW]);
    let protected = Rejection::Forbidden(Denial::DeletesSuperuser);
    assert_eq!(deleted(&superuser(), None).unwrap_err(), protected);
    assert_eq!(deleted(&superuser().inactive(), None).unwrap_err(), protected);
    assert!(deleted(&superuser().powerful(), None).is_ok());
    assert!(deleted(&superuser().by(Subject::System), None).is_ok());
    let off = superuser().policy(|policy| policy.without(Safeguard::ProtectSuperusers));
    assert!(deleted(&off, None).is_ok());
}

#[test]
fn who_may_not_be_deleted() {
    let faults = |scene: &Scene| match deleted(scene, None) {
        Err(Rejection::Invalid(violations)) => codes(&violations),
        other => panic!("{other:?}"),
    };
    let last = scene().member_of([ADMINS]).powerful().alone();
    assert_eq!(faults(&last), ["last_superuser"]);
    assert!(deleted(&last.inactive(), None).is_ok(), "who is inactive has no power");
    let off = scene().member_of([ADMINS]).powerful().alone();
    assert!(deleted(&off.policy(|policy| policy.without(Safeguard::LastSuperuser)), None).is_ok());

    let mut oneself = scene().member_of([ADMINS]).oneself().alone();
    assert_eq!(faults(&oneself), ["last_superuser", "self_lockout"]);
    oneself.allow_self_lockout = true;
    assert_eq!(faults(&oneself), ["last_superuser"]);
    assert_eq!(faults(&scene().oneself()), ["self_lockout"]);
    let off = scene().oneself().policy(|policy| policy.without(Safeguard::SelfLockout));
    assert!(deleted(&off, None).is_ok());
}

#[test]
fn what_a_deletion_relies_on() {
    let provision = deleted(&scene(), None).unwrap();
    assert_eq!(provision.guards, Guards { graph: GRAPH, superusers: None, actor: ACTOR_GUARD });
    let stored = scene().snapshot.user;
    assert_eq!(provision.step, ProvisioningOp::DeleteUser { user: stored.id, expected: stored.revision });
    assert_eq!(provision.event.effects, [Effect::RevokeSessions]);
    assert_eq!(provision.event.version, stored.version + 1);
    let FieldDiff::Groups { added, removed } = &provision.event.diff["groups"] else { panic!() };
    assert!(added.is_empty() && removed.len() == 1);
    let superuser = deleted(&scene().member_of([ADMINS]).powerful(), None).unwrap();
    assert_eq!(superuser.guards, Guards { graph: GRAPH, superusers: SUPERUSERS, actor: ACTOR_GUARD });
}
