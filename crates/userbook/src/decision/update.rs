//! Decides on an update.

use super::{
    Conditions, Context, Rejection,
    access::{check_access, check_member_view},
    checks::{check_fields, require_allowed},
    diff::{diff, visible_diff},
    event::event,
    guards::guards,
    propose::{Proposal, propose},
    rules,
    safeguard::{UserChange, check_escalation, check_protected, check_user_demotion, lockouts},
};
use crate::{
    authz::Check,
    event::{Diff, Effect, EventKind, EventTarget},
    model::{User, UserType},
    store::{ChangeSet, Guards, Snapshot},
    update::{FieldOps, PatchFailure},
    view::{UserView, Visibility},
    violation::{ViolationKind, Violations},
};

/// The input of the decision on an update.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The facts.
    pub snapshot: &'a Snapshot,
    /// The update resolved on these facts ([`UserUpdate::resolve`](crate::UserUpdate::resolve)).
    pub ops: Result<&'a FieldOps, &'a PatchFailure>,
    /// The right that the request uses.
    pub access: UpdateAccess,
    /// The preconditions of the request.
    pub conditions: &'a Conditions,
    /// The actor and the rules.
    pub context: Context<'a>,
}

/// The right that an update uses.
///
/// Exhaustive: `decide` requires the checks of each right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateAccess {
    /// The right to change the user, to set each field, and to join each group.
    Change,
    /// The right to one group's members, [`Check::AddMember`] or [`Check::RemoveMember`]: the update changes only this
    /// membership.
    Member(Check),
}

/// The result of a decision.
///
/// Exhaustive: a caller commits, stops or reports, and has no default.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Write nothing, and report this reason.
    Reject(Rejection),
    /// Write nothing, because nothing changes.
    Unchanged(Box<UserView>),
    /// Write this change.
    Commit(Box<Commit>),
}

/// A decided update.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The change to write.
    pub change: ChangeSet,
    /// The user after the change, as the caller sees it.
    pub view: UserView,
    /// The difference, with secret attributes; groups that the caller may not view have no name.
    pub diff: Diff,
}

/// Decides an update. A changed field is always valid.
pub fn decide(attempt: &Attempt<'_>) -> Decision {
    match try_decide(attempt) {
        Ok(decision) => decision,
        Err(rejection) => Decision::Reject(rejection),
    }
}

fn try_decide(attempt: &Attempt<'_>) -> Result<Decision, Rejection> {
    let Attempt { snapshot, context, .. } = *attempt;
    let Context { actor, results, policy, .. } = context;
    let user = accessible(attempt)?;
    let ops = attempt.ops.map_err(|failure| Rejection::Patch(failure.clone()))?;
    let by_member_right = attempt.access != UpdateAccess::Change;
    let visible = if by_member_right { Visibility::everything() } else { Visibility::new(policy, results) };
    let proposal = propose(user, snapshot, ops, policy, visible);
    if !by_member_right {
        check_fields(&proposal, results).map_err(Rejection::Forbidden)?;
    }
    let change = UserChange {
        before: user,
        after: Some(&proposal.after),
        joined: &proposal.joined,
        graph: &snapshot.groups,
        actor,
        actor_state: snapshot.actor.as_ref(),
    };
    check_superuser_rights(&change, &proposal, &context).map_err(Rejection::Forbidden)?;
    let violations = violations(&change, &proposal, attempt);
    if !violations.is_empty() {
        return Err(Rejection::Invalid(violations));
    }
    if proposal.is_empty() {
        let view = UserView::new(user.clone(), &snapshot.groups, Visibility::new(policy, results));
        return Ok(Decision::Unchanged(Box::new(view)));
    }
    let guards = guards(&change, &proposal, snapshot.epochs, policy);
    let effects = ends_sessions(&change).then_some(Effect::RevokeSessions).into_iter().collect();
    Ok(Decision::Commit(Box::new(commit(attempt, user, proposal, guards, effects))))
}

/// Returns the target, if the actor may change it with the right that the request uses.
fn accessible<'a>(attempt: &Attempt<'a>) -> Result<&'a User, Rejection> {
    let Attempt { snapshot, access, conditions, context, .. } = *attempt;
    let Context { actor, results, policy, .. } = context;
    match access {
        UpdateAccess::Change => check_access(snapshot, actor, results, policy, conditions),
        UpdateAccess::Member(check) => {
            let user = check_member_view(snapshot, actor, results)?;
            // The verdict may depend on the user, so it must not show for a user that the caller may not see.
            require_allowed(results, check).map_err(Rejection::Forbidden)?;
            Ok(user)
        }
    }
}

/// Applies the safeguards that deny.
fn check_superuser_rights(
    change: &UserChange<'_>,
    proposal: &Proposal,
    context: &Context<'_>,
) -> Result<(), super::Denial> {
    let Context { policy, results, .. } = *context;
    check_escalation(change.gained(), change.graph, change.actor_is_superuser(), policy, results)?;
    check_user_demotion(change, policy, results)?;
    check_protected(change, proposal.attempted(), policy, results)
}

/// Returns all violations: of the values or, if all values are valid, of the request as a whole.
fn violations(change: &UserChange<'_>, proposal: &Proposal, attempt: &Attempt<'_>) -> Violations {
    let Attempt { snapshot, access, context, .. } = *attempt;
    let mut violations = proposal.violations(&rules::check(context.rules, change.before, proposal));
    if !violations.is_empty() {
        return violations;
    }
    // As recorded, a right to members covers internal service accounts.
    if access == UpdateAccess::Change && change.before.user_type == UserType::InternalServiceAccount {
        violations.push_general(ViolationKind::InternalServiceAccount);
        return violations;
    }
    lockouts(change, snapshot.other_superusers, &context)
}

fn commit(
    attempt: &Attempt<'_>,
    before: &User,
    proposal: Proposal,
    guards: Guards,
    effects: Vec<Effect>,
) -> Commit {
    let Attempt { snapshot, context, .. } = *attempt;
    let version = before.version + 1;
    let diff = diff(before, &proposal, &snapshot.groups);
    let visible = Visibility::new(context.policy, context.results);
    let target = EventTarget::User(before.id);
    let event = event(&context, EventKind::UserUpdated, target, before.uuid, version, &diff, effects);
    let Proposal { mut after, changes, added, removed, .. } = proposal;
    after.revision = context.change.into();
    after.version = version;
    after.updated_at = context.now;
    after.session_epoch = event.new_session_epoch().unwrap_or(after.session_epoch);
    let change = ChangeSet {
        user: before.id,
        expected: before.revision,
        change: context.change,
        version,
        fields: changes,
        groups_added: added,
        groups_removed: removed,
        guards,
        event: event.into(),
    };
    let view = UserView::new(after, &snapshot.groups, visible);
    Commit { change, view, diff: visible_diff(diff, visible) }
}

/// Returns whether the user's sessions end: on deactivation, and when superuser status changes through the user's own
/// row.
pub(super) fn ends_sessions(change: &UserChange<'_>) -> bool {
    change.deactivates() || change.changes_superuser()
}
