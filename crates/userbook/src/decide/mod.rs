//! The decision: pure, synchronous, and the only place that knows a rule.
//!
//! It is given the facts of one moment and says what shall be written, or why nothing is. The order in which one
//! reason hides another is the contract's: who may not see, who may not change, conditions of the request,
//! fields and powers that are not the actor's to give, then everything that is wrong with the values.

mod authorize;
mod commit;
mod conditions;
mod delete;
mod diff;
mod group;
mod hierarchy;
mod insert;
mod needs;
mod power;
mod propose;
mod rules;
#[cfg(test)]
mod tests;

pub use authorize::{Denial, FieldDenial};
pub use conditions::{Conditions, IfNoneMatch};
pub use rules::{FieldRule, NoRules};

pub(crate) use authorize::{checks, require_active_actor};
pub(crate) use delete::{Deletion, delete};
pub(crate) use diff::user_fields;
pub(crate) use group::{GroupProposal, GroupRejection, GroupWrite};
pub(crate) use insert::{Insertion, blank, insert, with_defaults};
pub(crate) use needs::Needs;

use crate::{
    Actor, ChangeId, ChangeSet, Check, CheckResults, Diff, FieldOps, PatchFailure, Policy, Snapshot,
    Timestamp, UserType, UserView, Verdict, ViolationKind, Violations,
};

/// Everything a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The facts.
    pub snapshot: &'a Snapshot,
    /// What the update comes to, worked out on these facts ([`UserUpdate::resolve`](crate::UserUpdate)).
    pub ops: Result<&'a FieldOps, &'a PatchFailure>,
    /// Who asks.
    pub actor: &'a Actor,
    /// What the authorizer said.
    pub results: &'a CheckResults,
    /// Which rules hold.
    pub policy: &'a Policy,
    /// The host's own rules.
    pub rules: &'a dyn FieldRule,
    /// What the request demands of the stored user.
    pub conditions: &'a Conditions,
    /// Whether the actor means to lock themselves out.
    pub allow_self_lockout: bool,
    /// The time, cut to microseconds.
    pub now: Timestamp,
    /// The id of this change, the same in every attempt.
    pub change: ChangeId,
    /// The request it comes from, for the event.
    pub request_id: Option<&'a str>,
}

/// What shall happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Nothing, for this reason.
    Reject(Rejection),
    /// Nothing, for nothing would change.
    Unchanged(Box<UserView>),
    /// This.
    Commit(Box<Commit>),
}

/// What to write, and what there will be then.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// What to write.
    pub change: ChangeSet,
    /// The user as it will be.
    pub view: UserView,
    /// What changes, nothing redacted.
    pub diff: Diff,
}

/// Why nothing is written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// The actor may not know that there is such a user.
    #[error("no such user")]
    Hidden,
    /// The actor may not do this.
    #[error("not allowed: {0}")]
    Forbidden(Denial),
    /// The stored user is not in the state that the request demands.
    #[error("the user is not in the demanded state")]
    Condition,
    /// The JSON Patch does not fit what is stored.
    #[error(transparent)]
    Patch(PatchFailure),
    /// The values break rules.
    #[error("invalid: {0}")]
    Invalid(Violations),
}

/// Whether the actor may see and change the user at all, and the user is in the demanded state. Everything about
/// the values comes later: faults of a body may be told once this holds.
///
/// # Errors
/// [`Rejection::Hidden`], [`Rejection::Forbidden`] or [`Rejection::Condition`].
pub fn admit(
    snapshot: &Snapshot,
    actor: &Actor,
    results: &CheckResults,
    conditions: &Conditions,
) -> Result<(), Rejection> {
    admit_to(snapshot, actor, results, conditions, false)
}

/// The same; `moves`: the request is about memberships alone, and the actor has the right to these by the group.
fn admit_to(
    snapshot: &Snapshot,
    actor: &Actor,
    results: &CheckResults,
    conditions: &Conditions,
    moves: bool,
) -> Result<(), Rejection> {
    require_active_actor(actor, snapshot.actor.as_ref()).map_err(Rejection::Forbidden)?;
    require(results, Check::View)?;
    if !moves {
        require(results, Check::Change)?;
    }
    if conditions.hold(snapshot) { Ok(()) } else { Err(Rejection::Condition) }
}

/// Whether a check was allowed; who may not see is told that there is nothing.
fn require(results: &CheckResults, check: Check) -> Result<(), Rejection> {
    match results.on(check) {
        Verdict::Hide => Err(Rejection::Hidden),
        _ => require_allowed(results, check).map_err(Rejection::Forbidden),
    }
}

/// Whether a check was allowed.
fn require_allowed(results: &CheckResults, check: Check) -> Result<(), Denial> {
    match results.on(check) {
        Verdict::Allow => Ok(()),
        Verdict::Deny(reason) => Err(Denial::Permission(reason.clone())),
        Verdict::Hide => Err(Denial::Permission(None)),
    }
}

/// Decides an update. Never yields a changed field that is invalid.
pub fn decide(attempt: &Attempt<'_>) -> Decision {
    match try_decide(attempt) {
        Ok(decision) => decision,
        Err(rejection) => Decision::Reject(rejection),
    }
}

fn try_decide(attempt: &Attempt<'_>) -> Result<Decision, Rejection> {
    let Attempt { snapshot, actor, results, policy, .. } = *attempt;
    let moves = attempt.ops.is_ok_and(|ops| ops.only_moves() && authorize::may_move(ops, results));
    admit_to(snapshot, actor, results, attempt.conditions, moves)?;
    let ops = attempt.ops.map_err(|failure| Rejection::Patch(failure.clone()))?;
    let mut proposal = propose::propose(snapshot, ops, policy);
    authorize::consult(&proposal, ops, results).map_err(Rejection::Forbidden)?;
    let power = power::Power::new(snapshot, &proposal, actor);
    power.check_escalation(policy, results).map_err(Rejection::Forbidden)?;
    power.check_protected(policy).map_err(Rejection::Forbidden)?;
    rules::consult(attempt.rules, &snapshot.user, &mut proposal);

    let mut violations = proposal.violations();
    if violations.is_empty() {
        if snapshot.user.user_type == UserType::InternalServiceAccount {
            violations.push_general(ViolationKind::InternalServiceAccount);
        } else {
            power.check_lockout(attempt, &mut violations);
        }
    }
    if !violations.is_empty() {
        return Err(Rejection::Invalid(violations));
    }
    if proposal.is_empty() {
        return Ok(Decision::Unchanged(Box::new(UserView::new(snapshot.user.clone(), &snapshot.groups))));
    }
    let guards = power.guards(policy, &proposal);
    Ok(Decision::Commit(Box::new(commit::commit(attempt, proposal, guards))))
}
