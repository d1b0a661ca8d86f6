//! Decides on a new user: the rules of an update, applied to a user that does not exist yet.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{
    Context, Rejection,
    checks::{check_insertion, require, require_active_actor},
    diff::{full_diff, visible_diff},
    event::event,
    guards::guards,
    propose::propose,
    rules,
    safeguard::{UserChange, check_escalation},
};
use crate::{
    authz::{Check, CheckResults},
    event::{Diff, EventKind, EventTarget},
    field::UserPath,
    json::JsonObject,
    model::{ExternalIds, Revision, SessionEpoch, Timestamp, User, UserId, UserType},
    policy::{Policy, Safeguard},
    store::{DirectorySnapshot, ProvisioningChange, ProvisioningOp, Snapshot},
    update::{FieldOps, Op},
    view::UserView,
    view::{Visibility, view_group_checks},
    violation::{Field, ViolationKind},
};

/// Returns the default fields of a new user, as in authentik's model.
pub(crate) fn with_defaults(mut ops: FieldOps) -> FieldOps {
    if ops.is_active.is_keep() {
        ops.is_active = Op::Set(true);
    }
    if ops.path.is_keep() {
        ops.path = UserPath::parse("users").into();
    }
    ops
}

/// Returns the id that the store gives to the next user.
pub(crate) fn next_user_id(directory: &DirectorySnapshot) -> UserId {
    UserId(i64::try_from(directory.epochs.next_user).unwrap_or(i64::MAX))
}

/// Returns the facts about a user that does not exist yet: inactive, without groups.
pub(crate) fn new_user_snapshot(
    directory: DirectorySnapshot,
    id: UserId,
    uuid: Uuid,
    now: Timestamp,
) -> Snapshot {
    let user = User {
        id,
        uuid,
        username: String::new(),
        name: String::new(),
        email: String::new(),
        is_active: false,
        last_login: None,
        path: String::new(),
        user_type: UserType::Internal,
        attributes: Value::Object(JsonObject::new()).into(),
        external_ids: ExternalIds::new(),
        groups: BTreeSet::new(),
        password_change_date: now,
        created_at: now,
        updated_at: now,
        revision: Revision(Uuid::nil()),
        version: 0,
        session_epoch: SessionEpoch(uuid),
    };
    Snapshot {
        user: Some(user),
        groups: directory.groups,
        username_taken: directory.username_taken,
        login_taken: directory.login_taken,
        email_taken: directory.email_taken,
        actor: directory.actor,
        other_superusers: None,
        epochs: directory.epochs,
        change_committed: directory.change_committed,
    }
}

/// Returns the checks for a new user: external ids, joined groups, and groups through which superuser status is
/// granted.
pub(crate) fn insertion_checks(
    ops: &FieldOps,
    directory: &DirectorySnapshot,
    policy: &Policy,
    results: &CheckResults,
) -> Vec<Check> {
    let none = BTreeSet::new();
    let graph = &directory.groups;
    let wanted = ops.groups.value().map(|wanted| wanted.applied(&none).into_owned()).unwrap_or_default();
    let joined: Vec<_> = wanted.into_iter().filter(|group| graph.contains(*group)).collect();
    let mut checks: Vec<Check> = joined.iter().copied().map(Check::Join).collect();
    checks.extend(view_group_checks(&joined, graph, policy, results));
    checks.extend(super::checks::grants(joined, graph, policy, results));
    checks.extend((!ops.external_ids.is_keep()).then_some(Check::Set(Field::ExternalIds)));
    checks.sort_unstable();
    checks.dedup();
    checks
}

/// Requires that the actor may create users.
pub(crate) fn check_insertion_access(
    directory: &DirectorySnapshot,
    actor: &crate::authz::Actor,
    results: &CheckResults,
) -> Result<(), Rejection> {
    require_active_actor(actor, directory.actor.as_ref()).map_err(Rejection::Forbidden)?;
    require(results, Check::AddUser)
}

/// Decides. Returns the change, the user as the caller sees it, and the difference.
pub(crate) fn insert(
    user: &User,
    snapshot: &Snapshot,
    ops: &FieldOps,
    context: &Context<'_>,
) -> Result<(ProvisioningChange, UserView, Diff), Rejection> {
    let Context { actor, results, policy, .. } = *context;
    require(results, Check::AddUser)?;
    let visible = Visibility::new(policy, results);
    let mut proposal = propose(user, snapshot, ops, policy, visible);
    let machine = ops.user_type.value() == Some(&UserType::InternalServiceAccount);
    if machine && !policy.has(Safeguard::InternalServiceAccount) {
        // As recorded, regardless of the safeguard.
        proposal.add_faults(Field::Type, [ViolationKind::TypeNotAllowed]);
    }
    // The new user has no name before, so an empty one changes nothing.
    let unnamed = ops.username.value().is_some_and(|username| username.as_str().is_empty());
    if unnamed && snapshot.username_taken {
        proposal.add_faults(Field::Username, [ViolationKind::Unique]);
    }
    proposal.require_email(&ops.email, policy);
    check_insertion(&proposal, results).map_err(Rejection::Forbidden)?;
    let graph = &snapshot.groups;
    let change = UserChange {
        before: user,
        after: Some(&proposal.after),
        joined: &proposal.joined,
        graph,
        actor,
        actor_state: snapshot.actor.as_ref(),
    };
    check_escalation(change.gained(), graph, change.actor_is_superuser(), policy, results)
        .map_err(Rejection::Forbidden)?;
    let violations = proposal.violations(&rules::check(context.rules, user, &proposal));
    if !violations.is_empty() {
        return Err(Rejection::Invalid(violations));
    }
    let guards = guards(&change, &proposal, snapshot.epochs, policy);
    let mut user = proposal.after;
    user.revision = context.change.into();
    user.version = 1;
    user.session_epoch = context.change.into();
    let diff = full_diff(&UserView::new(user.clone(), graph, Visibility::everything()), true);
    let target = EventTarget::User(user.id);
    let event = event(context, EventKind::UserInserted, target, user.uuid, user.version, &diff, Vec::new());
    let change = ProvisioningChange {
        op: ProvisioningOp::InsertUser(Box::new(user.clone())),
        has_reserved_id: false,
        members: Vec::new(),
        sets_external_ids: false,
        guards,
        event: event.into(),
    };
    Ok((change, UserView::new(user, graph, visible), visible_diff(diff, visible)))
}
