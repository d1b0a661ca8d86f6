//! [`Safeguard::Demotion`]: revoking superuser status requires the right to grant it.
//!
//! Without this rule a caller could demote a superuser, change the then unprotected account, and wait for an
//! administrator to restore the membership.

use super::{UserChange, may_grant, revokes};
use crate::{
    authz::CheckResults,
    decision::Denial,
    model::{GroupGraph, GroupId},
    policy::{Policy, Safeguard},
    view::Visibility,
};

/// Denies a change of a user that revokes superuser status through a group without the right to grant it.
pub(in crate::decision) fn check_user_demotion(
    change: &UserChange<'_>,
    policy: &Policy,
    results: &CheckResults,
) -> Result<(), Denial> {
    let may_take = |group| may_grant(group, change.graph, results);
    check_demotion(change.taken(), may_take, change.graph, change.actor_is_superuser(), policy, results)
}

/// Denies for the first of the `taken` groups through which the actor may not revoke superuser status.
pub(in crate::decision) fn check_demotion(
    taken: impl IntoIterator<Item = GroupId>,
    may_take: impl Fn(GroupId) -> bool,
    graph: &GroupGraph,
    actor_is_superuser: bool,
    policy: &Policy,
    results: &CheckResults,
) -> Result<(), Denial> {
    if actor_is_superuser || !policy.has(Safeguard::Demotion) {
        return Ok(());
    }
    match taken.into_iter().find(|group| !may_take(*group)) {
        Some(group) => Err(revokes(group, graph, Visibility::new(policy, results))),
        None => Ok(()),
    }
}
