//! A new user: the rules of an update, on a user that is not there yet.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{
    authorize,
    diff::{redact, whole},
    power::Power,
    propose::propose,
    rules,
};
use crate::{
    Actor, ChangeId, Check, CheckResults, DirectorySnapshot, Event, EventKind, EventTarget, FieldOps,
    FieldRule, JsonObject, Op, Policy, ProvisioningChange, ProvisioningOp, Rejection, Revision, Snapshot,
    Timestamp, User, UserId, UserPath, UserType, UserView,
};

/// What a decision about a new user depends on.
#[derive(Debug)]
pub(crate) struct Insertion<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) ops: &'a FieldOps,
    pub(crate) actor: &'a Actor,
    pub(crate) results: &'a CheckResults,
    pub(crate) policy: &'a Policy,
    pub(crate) rules: &'a dyn FieldRule,
    pub(crate) change: ChangeId,
}

/// Fields that a new user has unless the host says otherwise, as authentik's model has them.
pub(crate) fn with_defaults(mut ops: FieldOps) -> FieldOps {
    if ops.is_active.is_keep() {
        ops.is_active = Op::Set(true);
    }
    if ops.path.is_keep() {
        ops.path = UserPath::parse("users").into();
    }
    ops
}

/// The facts about a user that is not there yet: inactive, in no group.
pub(crate) fn blank(directory: DirectorySnapshot, uuid: Uuid, now: Timestamp) -> Snapshot {
    Snapshot {
        user: User {
            id: UserId(i64::try_from(directory.epochs.next_user).unwrap_or(i64::MAX)),
            uuid,
            username: String::new(),
            name: String::new(),
            email: String::new(),
            is_active: false,
            last_login: None,
            path: String::new(),
            user_type: UserType::Internal,
            attributes: Value::Object(JsonObject::new()).into(),
            groups: BTreeSet::new(),
            password_change_date: now,
            revision: Revision(Uuid::nil()),
            version: 0,
        },
        groups: directory.groups,
        username_taken: directory.username_taken,
        actor: directory.actor,
        other_active_superuser: None,
        epochs: directory.epochs,
        change_committed: directory.change_committed,
    }
}

/// Decides a new user.
pub(crate) fn insert(it: &Insertion<'_>) -> Result<(ProvisioningChange, UserView), Rejection> {
    super::require(it.results, Check::AddUser)?;
    let mut proposal = propose(it.snapshot, it.ops, it.policy);
    authorize::consult_groups(&proposal, it.results).map_err(Rejection::Forbidden)?;
    let power = Power::new(it.snapshot, &proposal, it.actor);
    power.check_escalation(it.policy, it.results).map_err(Rejection::Forbidden)?;
    rules::consult(it.rules, &it.snapshot.user, &mut proposal);
    let violations = proposal.violations();
    if !violations.is_empty() {
        return Err(Rejection::Invalid(violations));
    }
    let guards = power.guards(it.policy, &proposal);
    let mut user = proposal.after;
    user.revision = it.change.into();
    user.version = 1;
    let view = UserView::new(user, &it.snapshot.groups);
    let event = Event {
        id: it.change,
        kind: EventKind::UserInserted,
        target: EventTarget::User(view.user.id),
        version: view.user.version,
        time: view.user.password_change_date,
        actor: it.actor.to_event(),
        impersonator: it.actor.impersonator,
        request_id: None,
        diff: redact(&whole(&view, true), it.policy),
        effects: Vec::new(),
    };
    let step = ProvisioningOp::InsertUser(Box::new(view.user.clone()));
    Ok((ProvisioningChange { step, guards, event }, view))
}
