//! [`Safeguard::Escalation`]: gaining superuser status requires the right to grant it.

use super::{grants, may_grant};
use crate::{
    authz::CheckResults,
    decision::Denial,
    model::{GroupGraph, GroupId},
    policy::{Policy, Safeguard},
    view::Visibility,
};

/// Returns whether the actor needs the right to grant.
pub(in crate::decision) fn escalation_applies(actor_is_superuser: bool, policy: &Policy) -> bool {
    policy.has(Safeguard::Escalation) && !actor_is_superuser
}

/// Denies for the first of the `gained` groups through which the actor may not grant superuser status.
pub(in crate::decision) fn check_escalation(
    gained: impl IntoIterator<Item = GroupId>,
    graph: &GroupGraph,
    actor_is_superuser: bool,
    policy: &Policy,
    results: &CheckResults,
) -> Result<(), Denial> {
    if !escalation_applies(actor_is_superuser, policy) {
        return Ok(());
    }
    match gained.into_iter().find(|group| !may_grant(*group, graph, results)) {
        Some(group) => Err(grants(group, graph, Visibility::new(policy, results))),
        None => Ok(()),
    }
}
