//! [`Safeguard::Demotion`]: taking superuser status needs the right to grant it.
//!
//! Without this rule a caller first demotes a superuser, then changes the account that nothing protects any more,
//! and waits for an administrator to repair the membership.

use super::revokes;
use crate::{CheckResults, Denial, GroupGraph, GroupId, Policy, Safeguard, decision::Visibility};

/// Denies the first of the `taken` groups through which the actor may not take superuser status.
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
