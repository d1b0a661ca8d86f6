//! The checks that an operation requires, and the evaluation of their results.

use std::collections::BTreeSet;

use super::{
    Denial, FieldDenial, Rejection,
    propose::Proposal,
    safeguard::{is_exempt, is_superuser},
};
use crate::{
    authz::{Actor, Check, CheckResults, FURTHER_CHECKS, Verdict},
    model::{GroupGraph, GroupId, User},
    policy::{Policy, Safeguard},
    store::{ActorState, Snapshot},
    update::{FieldOps, GroupsOp},
    view::view_group_checks,
    violation::Field,
};

/// Returns the checks that depend neither on the request's content nor on the user: view, change, and every field.
pub(crate) fn access_checks() -> Vec<Check> {
    let mut checks = Vec::with_capacity(2 + Field::ALL.len() + FURTHER_CHECKS);
    checks.extend([Check::View, Check::Change]);
    checks.extend(Field::ALL.into_iter().map(Check::Set));
    checks
}

/// Returns the checks that a request's content requires for `user`: joined groups, and groups through which superuser
/// status is granted or revoked. `results` contains the results so far.
pub(crate) fn content_checks(
    user: &User,
    snapshot: &Snapshot,
    ops: &FieldOps,
    policy: &Policy,
    results: &CheckResults,
) -> Vec<Check> {
    let graph = &snapshot.groups;
    let before = &user.groups;
    let after = ops.groups_after(before);
    let joined: Vec<GroupId> = match &after {
        Some(after) => after.difference(before).filter(|id| graph.contains(**id)).copied().collect(),
        None => Vec::new(),
    };
    let mut checks: Vec<Check> = joined.iter().copied().map(Check::Join).collect();
    let named = ops.groups.value().map(GroupsOp::named);
    let new = named.iter().flat_map(|named| named.difference(before));
    checks.extend(view_group_checks(new, graph, policy, results));

    let toggles = ops.is_active.value().is_some_and(|is_active| *is_active != user.is_active);
    let left = after.iter().flat_map(|after| before.difference(after));
    let affected = if toggles { before.iter().collect::<Vec<_>>() } else { left.collect() };
    checks.extend(grants(affected.into_iter().chain(&joined).copied(), graph, policy, results));
    let new = |check: &Check| !results.contains(*check);
    checks.retain(new);
    checks
}

/// Returns the checks for the deletion of a user.
pub(crate) fn deletion_checks(
    user: &User,
    graph: &GroupGraph,
    policy: &Policy,
    results: &CheckResults,
) -> Vec<Check> {
    grants(user.groups.iter().copied(), graph, policy, results)
}

/// Returns the checks for granting or revoking superuser status through each granting group, and for rendering these
/// groups.
pub(super) fn grants(
    groups: impl IntoIterator<Item = GroupId>,
    graph: &GroupGraph,
    policy: &Policy,
    results: &CheckResults,
) -> Vec<Check> {
    let granting: BTreeSet<GroupId> =
        groups.into_iter().filter(|group| graph.superuser_source(*group).is_some()).collect();
    let mut checks: BTreeSet<Check> =
        granting.iter().flat_map(|group| grant_checks(*group, graph)).flatten().collect();
    let named =
        granting.iter().flat_map(|group| [Some(*group), graph.superuser_source(*group).map(|it| it.id)]);
    let named: BTreeSet<GroupId> = named.flatten().collect();
    checks.extend(view_group_checks(&named, graph, policy, results));
    checks.into_iter().collect()
}

/// Returns the rights that each suffice to grant or revoke superuser status through a group: on the group, or on the
/// ancestor that makes it a granting group.
pub(super) fn grant_checks(group: GroupId, graph: &GroupGraph) -> [Option<Check>; 2] {
    let source = graph.superuser_source(group).filter(|source| source.id != group);
    [Some(Check::GrantSuperuser(group)), source.map(|source| Check::GrantSuperuser(source.id))]
}

/// Denies an actor of this directory who is inactive or does not exist, regardless of the authorizer.
pub(crate) fn require_active_actor(actor: &Actor, state: Option<&ActorState>) -> Result<(), Denial> {
    match state {
        _ if actor.user_id().is_none() => Ok(()),
        None => Err(Denial::ActorUnknown),
        Some(state) if !state.is_active => Err(Denial::ActorInactive),
        Some(_) => Ok(()),
    }
}

/// Requires an allowed check. A caller who may not view the object learns nothing about it.
pub(crate) fn require(results: &CheckResults, check: Check) -> Result<(), Rejection> {
    match results.on(check) {
        Verdict::Hide => Err(Rejection::Hidden),
        _ => require_allowed(results, check).map_err(Rejection::Forbidden),
    }
}

/// Requires an allowed check.
pub(crate) fn require_allowed(results: &CheckResults, check: Check) -> Result<(), Denial> {
    match results.on(check) {
        Verdict::Allow => Ok(()),
        Verdict::Deny(reason) => Err(Denial::Permission(reason.clone())),
        Verdict::Hide => Err(Denial::Permission(None)),
    }
}

/// Requires that the actor may set every field that the request tries to change, and may add the user to every group.
pub(super) fn check_fields(proposal: &Proposal, results: &CheckResults) -> Result<(), Denial> {
    let fields = proposal.attempted().map(|field| (field, Check::Set(field)));
    deny(fields.chain(joins(proposal)), results)
}

/// Requires that the actor may add the new user to every group, and may set external ids if the request does. The right
/// to create users covers all other fields.
pub(super) fn check_insertion(proposal: &Proposal, results: &CheckResults) -> Result<(), Denial> {
    let own = proposal.attempted().filter(|field| *field == Field::ExternalIds);
    deny(own.map(|field| (field, Check::Set(field))).chain(joins(proposal)), results)
}

fn joins(proposal: &Proposal) -> impl Iterator<Item = (Field, Check)> {
    proposal.joined.iter().map(|group| (Field::Groups, Check::Join(*group)))
}

fn deny(checks: impl Iterator<Item = (Field, Check)>, results: &CheckResults) -> Result<(), Denial> {
    let denial = |(field, check)| match results.on(check) {
        Verdict::Allow => None,
        Verdict::Deny(reason) => Some(FieldDenial { field, reason: reason.clone() }),
        Verdict::Hide => Some(FieldDenial { field, reason: None }),
    };
    let mut denials: Vec<FieldDenial> = checks.filter_map(denial).collect();
    denials.sort_by_key(|denial| denial.field);
    // A field and its groups may be denied separately; the first reason counts.
    denials.dedup_by_key(|denial| denial.field);
    if denials.is_empty() { Ok(()) } else { Err(Denial::Fields(denials)) }
}

/// Returns whether the decision depends on the user's ability to grant superuser status: for another user, a caller
/// who is no superuser, and a field that [`Safeguard::ProtectPrivileged`] protects.
pub(crate) fn needs_protection(
    user: &User,
    snapshot: &Snapshot,
    ops: &FieldOps,
    actor: &Actor,
    policy: &Policy,
) -> bool {
    ops.touched().any(|field| !is_exempt(field)) && deletion_needs_protection(user, snapshot, actor, policy)
}

/// Returns the same for a deletion, which counts as a change of every field.
pub(crate) fn deletion_needs_protection(
    user: &User,
    snapshot: &Snapshot,
    actor: &Actor,
    policy: &Policy,
) -> bool {
    policy.has(Safeguard::ProtectPrivileged)
        && actor.user_id() != Some(user.id)
        && !is_superuser(actor, snapshot.actor.as_ref(), &snapshot.groups)
}
