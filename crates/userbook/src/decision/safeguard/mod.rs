//! The safeguards on superuser status, one file each. Every operation on users goes through [`UserChange`]; group
//! writes call the same functions with their own facts.

mod demotion;
mod escalation;
mod last_superuser;
mod protect_privileged;
mod self_lockout;

use std::collections::BTreeSet;

pub(super) use demotion::{check_demotion, check_user_demotion};
pub(super) use escalation::{check_escalation, escalation_applies};
pub(super) use last_superuser::{Standing, removes_last_superuser};
pub(super) use protect_privileged::{check_deletion, check_protected, check_takeover, is_exempt};
pub(super) use self_lockout::locks_out_self;

use super::{Context, checks::grant_checks};
use crate::{
    authz::{Actor, CheckResults, Subject},
    decision::Denial,
    model::{GroupGraph, GroupId, User},
    store::{ActorGuard, ActorState, Superusers},
    view::Visibility,
    violation::{ViolationKind, Violations},
};

/// One user before and after a change, with the actor: the facts of every safeguard on users.
#[derive(Debug, Clone, Copy)]
pub(super) struct UserChange<'a> {
    /// The user before; a new user is inactive and without groups.
    pub(super) before: &'a User,
    /// The user after; `None` if the user is deleted.
    pub(super) after: Option<&'a User>,
    /// Existing groups that the request names and the user is not in, even if another value is invalid.
    pub(super) joined: &'a BTreeSet<GroupId>,
    pub(super) graph: &'a GroupGraph,
    pub(super) actor: &'a Actor,
    pub(super) actor_state: Option<&'a ActorState>,
}

impl UserChange<'_> {
    /// Returns whether the actor is an active superuser or the host.
    pub(super) fn actor_is_superuser(&self) -> bool {
        is_superuser(self.actor, self.actor_state, self.graph)
    }

    /// Returns whether the actor changes the own row.
    pub(super) fn is_self(&self) -> bool {
        self.actor.user_id() == Some(self.before.id)
    }

    /// Returns whether an inactive user becomes active.
    pub(super) fn activates(&self) -> bool {
        !self.before.is_active && self.after.is_some_and(|after| after.is_active)
    }

    /// Returns whether an active user becomes inactive or is deleted.
    pub(super) fn deactivates(&self) -> bool {
        self.before.is_active && self.after.is_none_or(|after| !after.is_active)
    }

    /// Returns groups that grant the user superuser status: joined groups and, on activation, kept groups.
    pub(super) fn gained(&self) -> impl Iterator<Item = GroupId> {
        let kept = self.activates().then_some(self.before.groups.iter()).into_iter().flatten();
        self.joined.iter().chain(kept).copied().filter(|group| self.grants(*group))
    }

    /// Returns granting groups that the user leaves, or is in while deactivated or deleted.
    pub(super) fn taken(&self) -> impl Iterator<Item = GroupId> {
        let all = self.deactivates() || self.after.is_none();
        let leaves =
            move |group: &GroupId| all || self.after.is_some_and(|after| !after.groups.contains(group));
        self.before.groups.iter().copied().filter(leaves).filter(|group| self.grants(*group))
    }

    /// Returns all granting groups of the user.
    pub(super) fn granting(&self) -> impl Iterator<Item = GroupId> {
        self.before.groups.iter().copied().filter(|group| self.grants(*group))
    }

    pub(super) fn standing_before(&self) -> Standing {
        Standing::of(self.before, self.graph)
    }

    pub(super) fn standing_after(&self) -> Standing {
        self.after.map_or(Standing::None, |after| Standing::of(after, self.graph))
    }

    /// Returns whether the user is an active superuser only before the change.
    pub(super) fn loses_superuser(&self) -> bool {
        let holds = |user: &User| user.is_active && self.graph.grants_superuser(&user.groups);
        holds(self.before) && !self.after.is_some_and(holds)
    }

    /// Returns whether the change grants or revokes superuser status through the user's own row.
    pub(super) fn changes_superuser(&self) -> bool {
        let holds = |user: &User| user.is_active && self.graph.grants_superuser(&user.groups);
        holds(self.before) != self.after.is_some_and(holds)
    }

    /// Returns whether the actor's row must not change before the commit. The commit compares the changed user's row
    /// anyway.
    pub(super) fn actor_guard(&self) -> Option<ActorGuard> {
        let state = self.actor_state.filter(|state| state.id != self.before.id)?;
        Some(ActorGuard { user: state.id, revision: state.revision })
    }

    fn grants(&self, group: GroupId) -> bool {
        self.graph.superuser_source(group).is_some()
    }
}

/// Returns the violations of a change that removes the last superuser or the actor's own access.
pub(super) fn lockouts(
    change: &UserChange<'_>,
    other_superusers: Option<Superusers>,
    context: &Context<'_>,
) -> Violations {
    // Facts that were not loaded count as "no other superuser", so that the safeguard fails closed.
    let others = other_superusers.unwrap_or_default();
    let before = others.with(change.standing_before().as_superusers());
    let after = others.with(change.standing_after().as_superusers());
    let mut violations = Violations::default();
    if removes_last_superuser(before, after, context.policy) {
        violations.push_general(ViolationKind::LastSuperuser);
    }
    if locks_out_self(change, context.allow_self_lockout, context.policy) {
        violations.push_general(ViolationKind::SelfLockout);
    }
    violations
}

/// Returns whether the actor is an active superuser or the host.
pub(super) fn is_superuser(actor: &Actor, state: Option<&ActorState>, graph: &GroupGraph) -> bool {
    actor.subject == Subject::System || state.is_some_and(|state| state.is_active_superuser(graph))
}

/// Returns whether the actor may grant or revoke superuser status through `group`: the right on the group or on the
/// ancestor that makes it a granting group suffices. An actor who may make a group grant may also add users to the
/// group.
pub(super) fn may_grant(group: GroupId, graph: &GroupGraph, results: &CheckResults) -> bool {
    grant_checks(group, graph).into_iter().flatten().any(|check| results.allows(check))
}

/// Returns the names in a denial, as far as the caller may view the groups.
fn named(group: GroupId, graph: &GroupGraph, visible: Visibility<'_>) -> (Option<String>, Option<String>) {
    let name = |id| graph.get(id).filter(|_| visible.shows(id)).map(|group| group.name.clone());
    let source = graph.superuser_source(group).filter(|source| source.id != group);
    (name(group), source.and_then(|source| name(source.id)))
}

/// Returns the denial for a group through which the actor may not grant superuser status.
fn grants(group: GroupId, graph: &GroupGraph, visible: Visibility<'_>) -> Denial {
    let (name, through) = named(group, graph, visible);
    Denial::GrantsSuperuser { group, name, through }
}

/// Returns the denial for a group through which the actor may not revoke superuser status.
fn revokes(group: GroupId, graph: &GroupGraph, visible: Visibility<'_>) -> Denial {
    let (name, through) = named(group, graph, visible);
    Denial::RevokesSuperuser { group, name, through }
}
