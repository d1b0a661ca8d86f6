//! Creating and deleting a user.

use super::fixture::{
    ACTOR, ACTOR_REVISION, ADMINS, BELOW, CHANGE, EPOCHS, Fixture, HELP, NOW, STAFF, actor_state, all_groups,
    codes,
};
use crate::{
    authz::{Actor, Check, CheckResults, Subject, Verdict, Verdicts},
    decision::{
        Context, Denial, NoRules, Rejection, delete, deletion_checks, insert, new_user_snapshot,
        with_defaults,
    },
    event::{Effect, EventGroup, EventKind, EventTarget, FieldDiff},
    model::{GroupId, UserId, UserType},
    policy::{DistinctNames, Policy, Safeguard},
    store::{ActorGuard, DirectorySnapshot, EpochGuard, Guards, ProvisioningChange, ProvisioningOp},
    update::{Op, UserUpdate},
    view::UserView,
};

const ACTOR_GUARD: Option<ActorGuard> = Some(ActorGuard { user: ACTOR, revision: ACTOR_REVISION });
/// The username is new, the address is not.
const NEW_NAME: DistinctNames = DistinctNames { username: true, email: false };
const GRAPH: Option<EpochGuard> = Some(EpochGuard::read(EPOCHS.graph));
const SUPERUSERS: Option<EpochGuard> = Some(EpochGuard::bump(EPOCHS.superusers));

fn added(
    update: &UserUpdate,
    actor_groups: &[GroupId],
    allowed: &[Check],
) -> Result<(ProvisioningChange, UserView), Rejection> {
    added_with(&Policy::hardened(), update, actor_groups, allowed)
}

fn added_with(
    policy: &Policy,
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
    let groups = all_groups().map(|group| Check::ViewGroup(group.id));
    let allowed: Vec<Check> = allowed.iter().copied().chain(groups).collect();
    let verdicts = allowed.iter().map(|_| Verdict::Allow).collect::<Verdicts>();
    let snapshot = new_user_snapshot(directory, UserId(30), uuid::Uuid::from_u128(9), NOW);
    let context = Context {
        actor: &Actor::user(ACTOR),
        results: &CheckResults::new(allowed, verdicts),
        policy,
        rules: &NoRules,
        allow_self_lockout: false,
        now: NOW,
        change: CHANGE,
        request_id: Some("request"),
    };
    let ops = with_defaults(update.fields().unwrap().clone());
    let (change, view, _) = insert(snapshot.user.as_ref().unwrap(), &snapshot, &ops, &context)?;
    Ok((change, view))
}

fn new() -> UserUpdate {
    UserUpdate::replace().username("eve").name("Eve")
}

#[test]
fn new_user_has_the_defaults_of_the_model() {
    let (provision, view) = added(&new(), &[], &[Check::AddUser]).unwrap();
    let user = &view.user;
    assert_eq!((user.id, user.version, user.revision), (UserId(30), 1, CHANGE.into()));
    assert!(user.is_active && user.groups.is_empty() && user.attributes == serde_json::json!({}));
    assert_eq!((user.path.as_str(), user.user_type), ("users", UserType::Internal));
    assert_eq!([user.created_at, user.updated_at, user.password_change_date], [NOW; 3]);
    assert_eq!(provision.op, ProvisioningOp::InsertUser(Box::new(user.clone())));
    assert_eq!(provision.guards, Guards { actor: ACTOR_GUARD, distinct: NEW_NAME, ..Guards::default() });
    let event = provision.event;
    assert_eq!((event.kind, event.target), (EventKind::UserInserted, EventTarget::User(UserId(30))));
    assert_eq!(event.diff.len(), 9);
    let name = FieldDiff::Value { old: serde_json::Value::Null.into(), new: "Eve".into() };
    assert_eq!(event.diff.get("name"), Some(&name));
}

#[test]
fn new_user_obeys_the_rules_of_an_update() {
    let all = [Check::AddUser];
    let bad = UserUpdate::replace().email("x").groups([super::fixture::NOWHERE]);
    let Err(Rejection::Invalid(violations)) = added(&bad, &[], &all) else { panic!() };
    let expected = ["username: required", "name: required", "groups: does_not_exist", "email: invalid"];
    assert_eq!(codes(&violations), expected);
    let machine = new().user_type(UserType::InternalServiceAccount);
    let Err(Rejection::Invalid(violations)) = added(&machine, &[ADMINS], &all) else { panic!() };
    assert_eq!(codes(&violations), ["type: type_not_allowed"]);
    let reserved = UserUpdate::replace().username(crate::model::ANONYMOUS_USERNAME).name("");
    assert!(matches!(added(&reserved, &[ADMINS], &all), Err(Rejection::Invalid(_))));
    let mut null = new().fields().unwrap().clone();
    null.is_active = Op::Null;
    assert!(matches!(added(&null.into(), &[], &all), Err(Rejection::Invalid(_))));
}

#[test]
fn new_person_needs_an_address_if_the_policy_says_so() {
    let policy = Policy::hardened().with_required_email();
    for (update, expected) in [
        (new(), Some("email: required")),
        (new().email(""), Some("email: blank")),
        (new().email("x"), Some("email: invalid")),
        (new().email("eve@example.org"), None),
        (new().user_type(UserType::ServiceAccount), None),
    ] {
        let result = added_with(&policy, &update, &[], &[Check::AddUser]);
        let faults = match result {
            Ok(_) => Vec::new(),
            Err(Rejection::Invalid(violations)) => codes(&violations),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(faults, expected.into_iter().collect::<Vec<_>>(), "{update:?}");
    }
}

#[test]
fn new_superuser_requires_the_right_to_grant() {
    let denied = |result| matches!(result, Err(Rejection::Forbidden(Denial::GrantsSuperuser { .. })));
    for active in [true, false] {
        let join = |group| new().groups([group]).is_active(active);
        let may = |group| [Check::AddUser, Check::Join(group)];
        assert!(denied(added(&join(ADMINS), &[], &may(ADMINS))));
        assert!(denied(added(&join(BELOW), &[HELP], &may(BELOW))));
        let (provision, view) = added(&join(BELOW), &[ADMINS], &may(BELOW)).unwrap();
        assert!(view.is_superuser);
        let superusers = if active { SUPERUSERS } else { None };
        assert_eq!(
            provision.guards,
            Guards { graph: GRAPH, superusers, actor: ACTOR_GUARD, distinct: NEW_NAME }
        );
        let right = [Check::AddUser, Check::Join(BELOW), Check::GrantSuperuser(ADMINS)];
        assert!(added(&join(BELOW), &[], &right).is_ok());
        // A plain group must remain a plain group until the commit.
        assert_eq!(added(&join(STAFF), &[], &may(STAFF)).unwrap().0.guards.graph, GRAPH);
        // The right to create users does not include the right to add users to groups.
        let refused = added(&join(STAFF), &[], &[Check::AddUser]);
        assert!(matches!(refused, Err(Rejection::Forbidden(Denial::Fields(_)))));
    }
    let refused = added(&new().path("/"), &[], &[]);
    assert_eq!(refused.unwrap_err(), Rejection::Forbidden(Denial::Permission(None)));
}

#[test]
fn event_of_a_new_user_names_each_group() {
    let joined = [STAFF, HELP];
    let may: Vec<Check> = [Check::AddUser].into_iter().chain(joined.map(Check::Join)).collect();
    let (provision, _) = added(&new().groups(joined), &[], &may).unwrap();
    let Some(FieldDiff::Groups { added, removed }) = provision.event.diff.get("groups") else { panic!() };
    let names = all_groups().into_iter().filter(|group| joined.contains(&group.id));
    let mut expected: Vec<EventGroup> =
        names.map(|group| EventGroup { id: group.id, name: group.name }).collect();
    expected.sort_by_key(|group| group.id);
    assert_eq!((added, removed), (&expected, &Vec::new()));
}

fn deleted(fixture: &Fixture, denied: Option<(Check, &Verdict)>) -> Result<ProvisioningChange, Rejection> {
    let snapshot = crate::store::Snapshot { user: Some(fixture.user.clone()), ..fixture.snapshot.clone() };
    let mut checks = vec![Check::View, Check::DeleteUser, Check::ViewGroup(STAFF)];
    checks.extend(deletion_checks(
        &fixture.user,
        &snapshot.groups,
        &fixture.policy,
        &CheckResults::default(),
    ));
    let verdict = |check: &Check| match (check, denied) {
        (check, Some((denied, verdict))) if denied == *check => verdict.clone(),
        (Check::GrantSuperuser(group), _) => fixture.is_granted(*group).into(),
        _ => Verdict::Allow,
    };
    let verdicts = Verdicts { user_can_grant: fixture.can_grant(), ..checks.iter().map(verdict).collect() };
    let results = CheckResults::new(checks, verdicts);
    delete(&snapshot, &fixture.conditions, &fixture.context(&results)).map(|(change, ..)| change)
}

fn fixture() -> Fixture {
    Fixture::new(UserUpdate::patch())
}

#[test]
fn deletion_requires_rights() {
    let denied = |check, verdict: Verdict| deleted(&fixture(), Some((check, &verdict))).unwrap_err();
    let forbidden = || Rejection::Forbidden(Denial::Permission(None));
    assert_eq!(denied(Check::View, Verdict::Hide), Rejection::Hidden);
    assert_eq!(denied(Check::View, Verdict::deny()), forbidden());
    assert_eq!(denied(Check::DeleteUser, Verdict::deny()), forbidden());

    for privileged in
        [fixture().member_of([BELOW]).grant(BELOW).grant(ADMINS), fixture().member_of([BELOW]).inactive()]
    {
        let off = |policy: Policy| policy.without(Safeguard::Demotion).without(Safeguard::ProtectPrivileged);
        assert!(deleted(&privileged.policy(off), None).is_ok());
    }
    let superuser = || fixture().member_of([BELOW]);
    let revokes =
        Denial::RevokesSuperuser { group: BELOW, name: Some("below".into()), through: Some("admins".into()) };
    assert_eq!(deleted(&superuser(), None).unwrap_err(), Rejection::Forbidden(revokes.clone()));
    assert_eq!(deleted(&superuser().inactive(), None).unwrap_err(), Rejection::Forbidden(revokes));
    assert!(deleted(&superuser().grant(ADMINS), None).is_ok());
    assert!(deleted(&superuser().by_superuser(), None).is_ok());
    assert!(deleted(&superuser().by(Subject::System), None).is_ok());
    let protected = Rejection::Forbidden(Denial::ProtectedDeletion);
    let unasked = superuser().policy(|policy| policy.without(Safeguard::Demotion));
    assert_eq!(deleted(&unasked, None).unwrap_err(), protected);
    for can_grant in [Some(true), None] {
        let holder = || fixture().user_can_grant(can_grant);
        assert_eq!(deleted(&holder(), None).unwrap_err(), protected);
        assert_eq!(deleted(&holder().grant(ADMINS), None).unwrap_err(), protected);
        assert!(deleted(&holder().by_superuser(), None).is_ok());
    }
    let mut stale = fixture();
    stale.conditions.revisions = Some(Vec::new());
    assert_eq!(deleted(&stale, None).unwrap_err(), Rejection::Condition);
}

#[test]
fn last_superuser_and_actor_are_protected_from_deletion() {
    let faults = |fixture: &Fixture| match deleted(fixture, None) {
        Err(Rejection::Invalid(violations)) => codes(&violations),
        other => panic!("{other:?}"),
    };
    let last = fixture().member_of([ADMINS]).by_superuser().alone();
    assert_eq!(faults(&last), ["last_superuser"]);
    assert!(deleted(&last.inactive(), None).is_ok(), "an inactive user is no superuser that counts");
    let off = fixture().member_of([ADMINS]).by_superuser().alone();
    assert!(deleted(&off.policy(|policy| policy.without(Safeguard::LastSuperuser)), None).is_ok());

    let mut oneself = fixture().member_of([ADMINS]).by_self().alone();
    assert_eq!(faults(&oneself), ["last_superuser", "self_lockout"]);
    oneself.allow_self_lockout = true;
    assert_eq!(faults(&oneself), ["last_superuser"]);
    assert_eq!(faults(&fixture().by_self()), ["self_lockout"]);
    let off = fixture().by_self().policy(|policy| policy.without(Safeguard::SelfLockout));
    assert!(deleted(&off, None).is_ok());
}

#[test]
fn deletion_has_guards_and_an_event() {
    let provision = deleted(&fixture(), None).unwrap();
    assert_eq!(
        provision.guards,
        Guards { graph: GRAPH, superusers: None, actor: ACTOR_GUARD, ..Guards::default() }
    );
    let stored = fixture().user;
    assert_eq!(provision.op, ProvisioningOp::DeleteUser { user: stored.id, expected: stored.revision });
    assert_eq!(provision.event.effects, [Effect::RevokeSessions]);
    assert_eq!(provision.event.version, stored.version + 1);
    let FieldDiff::Groups { added, removed } = &provision.event.diff["groups"] else { panic!() };
    assert!(added.is_empty() && removed.len() == 1);
    let superuser = deleted(&fixture().member_of([ADMINS]).by_superuser(), None).unwrap();
    assert_eq!(
        superuser.guards,
        Guards { graph: GRAPH, superusers: SUPERUSERS, actor: ACTOR_GUARD, ..Guards::default() }
    );
}
