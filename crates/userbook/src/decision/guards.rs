//! The conditions that must hold when an update or insert is committed.

use super::{
    propose::Proposal,
    safeguard::{Standing, UserChange},
};
use crate::{
    policy::{DistinctNames, Policy, Safeguard},
    store::{EpochGuard, Epochs, FieldChanges, Guards},
    violation::Field,
};

/// Returns the guards of a change to one user.
pub(super) fn guards(
    change: &UserChange<'_>,
    proposal: &Proposal,
    epochs: Epochs,
    policy: &Policy,
) -> Guards {
    let superuser_actor = change.actor_is_superuser();
    let toggles = proposal.changes.is_active.is_some();
    let (before, after) = (change.standing_before(), change.standing_after());
    let moved = proposal.added.iter().chain(&proposal.removed);
    let changes_superusers =
        before != after || change.changes_superuser() || change.graph.grants_superuser(moved);
    let protects = policy.has(Safeguard::ProtectPrivileged)
        && !change.is_self()
        && change.graph.grants_superuser(&change.before.groups)
        && proposal.changed().any(|field| !matches!(field, Field::Name | Field::Groups));

    // For an actor who may not grant superuser status, "these groups grant nothing" must still hold.
    let gives = !proposal.added.is_empty() || (change.activates() && !proposal.after.groups.is_empty());
    let takes = !proposal.removed.is_empty() || (change.deactivates() && !change.before.groups.is_empty());
    let unentitled = !superuser_actor
        && ((gives && policy.has(Safeguard::Escalation)) || (takes && policy.has(Safeguard::Demotion)));
    // "This user is not a counted superuser" must still hold, because no other superuser was loaded.
    let loses_other_status = change.before.is_active
        && (takes || proposal.changes.user_type.is_some())
        && after >= before
        && policy.has(Safeguard::LastSuperuser);
    // "The actor is a superuser" must still hold if it mattered.
    let by_status = (changes_superusers || protects) && superuser_actor && change.actor.user_id().is_some();

    let reads_graph = unentitled || loses_other_status || by_status;
    Guards {
        graph: reads_graph.then_some(EpochGuard::read(epochs.graph)),
        // New superusers increment the counter too: a group write that revoked status may have depended on their
        // absence.
        superusers: (before != after).then_some(EpochGuard::bump(epochs.superusers)),
        actor: if changes_superusers || protects || toggles { change.actor_guard() } else { None },
        distinct: distinct(&proposal.changes, policy),
    }
}

/// Returns which new names no other user may claim at the same time.
fn distinct(changes: &FieldChanges, policy: &Policy) -> DistinctNames {
    let DistinctNames { username, email } = policy.distinct_names();
    DistinctNames {
        username: username && changes.username.is_some(),
        email: email && changes.email.is_some(),
    }
}

/// Returns the guards of a deletion: the superuser status was either counted, or its absence must still hold.
pub(super) fn deletion_guards(change: &UserChange<'_>, epochs: Epochs) -> Guards {
    let loses = change.standing_before() != Standing::None;
    Guards {
        graph: Some(EpochGuard::read(epochs.graph)),
        superusers: loses.then_some(EpochGuard::bump(epochs.superusers)),
        actor: change.actor_guard(),
        ..Guards::default()
    }
}
