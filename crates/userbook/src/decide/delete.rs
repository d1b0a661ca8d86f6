//! The end of a user.

use super::{
    diff::{redact, whole},
    power::{actor_guard, is_active_superuser},
};
use crate::{
    Actor, ChangeId, Check, CheckResults, Denial, Effect, EpochGuard, Event, EventKind, EventTarget, Guards,
    Policy, ProvisioningChange, ProvisioningOp, Rejection, Safeguard, Snapshot, Timestamp, UserView,
    ViolationKind, Violations,
};

/// What a decision about the end of a user depends on.
#[derive(Debug)]
pub(crate) struct Deletion<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) actor: &'a Actor,
    pub(crate) results: &'a CheckResults,
    pub(crate) policy: &'a Policy,
    pub(crate) allow_self_lockout: bool,
    pub(crate) now: Timestamp,
    pub(crate) change: ChangeId,
}

/// Decides the end of a user. Whether anybody else has power must have been asked if the user has it.
pub(crate) fn delete(it: &Deletion<'_>) -> Result<ProvisioningChange, Rejection> {
    let Deletion { snapshot, actor, policy, .. } = *it;
    let user = &snapshot.user;
    super::require(it.results, Check::View)?;
    super::require(it.results, Check::DeleteUser)?;
    if policy.has(Safeguard::ProtectSuperusers)
        && snapshot.is_superuser()
        && !is_active_superuser(snapshot, actor)
    {
        return Err(Rejection::Forbidden(Denial::DeletesSuperuser));
    }
    let loses = user.is_active && snapshot.is_superuser();
    let mut violations = Violations::default();
    if loses && policy.has(Safeguard::LastSuperuser) && !snapshot.other_active_superuser.unwrap_or(false) {
        violations.push_general(ViolationKind::LastSuperuser);
    }
    if policy.has(Safeguard::SelfLockout) && !it.allow_self_lockout && actor.user_id() == Some(user.id) {
        violations.push_general(ViolationKind::SelfLockout);
    }
    if !violations.is_empty() {
        return Err(Rejection::Invalid(violations));
    }
    let guards = Guards {
        // Either the user's power is counted, or that there is none must still be true.
        graph: Some(EpochGuard::read(snapshot.epochs.graph)),
        superusers: loses.then_some(EpochGuard::bump(snapshot.epochs.superusers)),
        actor: actor_guard(snapshot),
    };
    let event = Event {
        id: it.change,
        kind: EventKind::UserDeleted,
        target: EventTarget::User(user.id),
        version: user.version + 1,
        time: it.now,
        actor: actor.to_event(),
        impersonator: actor.impersonator,
        request_id: None,
        diff: redact(&whole(&UserView::new(user.clone(), &snapshot.groups), false), policy),
        effects: vec![Effect::RevokeSessions],
    };
    Ok(ProvisioningChange {
        step: ProvisioningOp::DeleteUser { user: user.id, expected: user.revision },
        guards,
        event,
    })
}
