//! Power is *active and superuser*: who may give it, who may touch those who have it, and that it never runs out.

use super::{Attempt, Denial, propose::Proposal};
use crate::{
    Actor, ActorGuard, Check, CheckResults, EpochGuard, Field, GroupId, Guards, Policy, Safeguard, Snapshot,
    Subject, ViolationKind, Violations,
};

/// What an update does to the user's power, and what the actor's is.
#[derive(Debug)]
pub(super) struct Power<'a> {
    snapshot: &'a Snapshot,
    actor: &'a Actor,
    /// Whether the actor is an active superuser now, or the host itself.
    superuser_actor: bool,
    /// Whether the user has power before.
    before: bool,
    /// Whether the user has power after.
    after: bool,
    /// The groups through which the actor would give power.
    giving: Vec<GroupId>,
    /// What identifies a superuser, as far as the request tries to change it on one who is somebody else.
    identity: Vec<Field>,
    /// Whether the user is active and will not be.
    deactivates: bool,
}

impl<'a> Power<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, proposal: &Proposal, actor: &'a Actor) -> Self {
        const IDENTITY: [Field; 4] = [Field::Username, Field::IsActive, Field::Email, Field::Attributes];
        let graph = &snapshot.groups;
        let user = &snapshot.user;
        let after = &proposal.after;
        let activates = after.is_active && !user.is_active;
        let kept = activates.then(|| user.groups.intersection(&after.groups)).into_iter().flatten();
        let giving =
            proposal.joined.iter().chain(kept).filter(|group| graph.superuser_source(**group).is_some());
        Self {
            snapshot,
            actor,
            superuser_actor: is_active_superuser(snapshot, actor),
            before: user.is_active && graph.grants_superuser(&user.groups),
            after: after.is_active && graph.grants_superuser(&after.groups),
            giving: giving.copied().collect(),
            identity: if snapshot.is_superuser() && actor.user_id() != Some(user.id) {
                proposal.attempted().filter(|field| IDENTITY.contains(field)).collect()
            } else {
                Vec::new()
            },
            deactivates: user.is_active && !after.is_active,
        }
    }

    /// Giving power needs power, or the right to give it through that group.
    pub(super) fn check_escalation(&self, policy: &Policy, results: &CheckResults) -> Result<(), Denial> {
        if self.superuser_actor || !policy.has(Safeguard::Escalation) {
            return Ok(());
        }
        for group in &self.giving {
            if !self.right_to_give(*group, results) {
                return Err(grants_power(self.snapshot, *group));
            }
        }
        Ok(())
    }

    /// Who may turn a group into one that grants power may as well let somebody join it: the right on the group
    /// or on the ancestor that grants suffices.
    fn right_to_give(&self, group: GroupId, results: &CheckResults) -> bool {
        let source = self.snapshot.groups.superuser_source(group).map(|source| source.id);
        [Some(group), source].into_iter().flatten().any(|group| results.allows(Check::GrantSuperuser(group)))
    }

    /// What identifies a superuser is changed by superusers only. Re-activating a retired one is giving power:
    /// whoever was found to have the right to that (see [`Self::check_escalation`]) may do it.
    pub(super) fn check_protected(&self, policy: &Policy) -> Result<(), Denial> {
        if self.superuser_actor || !policy.has(Safeguard::ProtectSuperusers) {
            return Ok(());
        }
        let given = policy.has(Safeguard::Escalation) && self.after && !self.before;
        let identity = self.identity.iter().filter(|field| !(given && **field == Field::IsActive));
        let touched: Vec<Field> = identity.copied().collect();
        if touched.is_empty() { Ok(()) } else { Err(Denial::ProtectedSuperuser(touched)) }
    }

    /// Somebody must keep power, and nobody gives up their own by accident.
    pub(super) fn check_lockout(&self, attempt: &Attempt<'_>, violations: &mut Violations) {
        // Not asked counts as "nobody else": the guard must not fail open.
        let others = self.snapshot.other_active_superuser.unwrap_or(false);
        if self.loses() && attempt.policy.has(Safeguard::LastSuperuser) && !others {
            violations.push_general(ViolationKind::LastSuperuser);
        }
        if (self.loses() || self.deactivates)
            && attempt.policy.has(Safeguard::SelfLockout)
            && !attempt.allow_self_lockout
            && self.actor.user_id() == Some(self.snapshot.user.id)
        {
            violations.push_general(ViolationKind::SelfLockout);
        }
    }

    fn loses(&self) -> bool {
        self.before && !self.after
    }

    /// What must still hold when the proposal is committed; see [`Guards`].
    pub(super) fn guards(&self, policy: &Policy, proposal: &Proposal) -> Guards {
        let epochs = self.snapshot.epochs;
        let graph = &self.snapshot.groups;
        let groups = &self.snapshot.user.groups;
        let toggles = proposal.changes.is_active.is_some();
        let activates = toggles && !self.deactivates;
        let changes_superusers = self.before != self.after
            || graph.grants_superuser(proposal.added.iter().chain(&proposal.removed));
        let identifies = policy.has(Safeguard::ProtectSuperusers) && !self.identity.is_empty();

        // "These groups grant nothing" must still be true for who may not give power.
        let gives = !proposal.added.is_empty() || (activates && !proposal.after.groups.is_empty());
        let may_not_give = !self.superuser_actor && policy.has(Safeguard::Escalation);
        // "This user has no power to lose" must still be true when nobody counted who else has it.
        let takes = self.snapshot.user.is_active
            && (!proposal.removed.is_empty() || (self.deactivates && !groups.is_empty()));
        let uncounted = !self.loses() && policy.has(Safeguard::LastSuperuser);
        // "The actor has power" must still be true where that decided.
        let by_power =
            (changes_superusers || identifies) && self.superuser_actor && self.actor.user_id().is_some();

        let rely = (gives && may_not_give) || (takes && uncounted) || by_power;
        Guards {
            graph: rely.then_some(EpochGuard::read(epochs.graph)),
            // Gains count too: who takes a group's power relied on nobody else having any.
            superusers: (self.before != self.after).then_some(EpochGuard::bump(epochs.superusers)),
            actor: if changes_superusers || identifies || toggles {
                actor_guard(self.snapshot)
            } else {
                None
            },
        }
    }
}

/// Whether the actor is an active superuser now, or the host itself.
pub(super) fn is_active_superuser(snapshot: &Snapshot, actor: &Actor) -> bool {
    actor.subject == Subject::System || snapshot.actor_has_power()
}

/// The actor's row must not change meanwhile; the user's own is compared anyway.
pub(super) fn actor_guard(snapshot: &Snapshot) -> Option<ActorGuard> {
    let state = snapshot.actor.as_ref()?;
    let other = state.id != snapshot.user.id;
    other.then_some(ActorGuard { user: state.id, revision: state.revision })
}

/// The refusal that names the group.
fn grants_power(snapshot: &Snapshot, group: GroupId) -> Denial {
    let name = |id| snapshot.groups.get(id).map(|group| group.name.clone());
    let source = snapshot.groups.superuser_source(group).filter(|source| source.id != group);
    Denial::GrantsSuperuser {
        group,
        name: name(group).unwrap_or_default(),
        through: source.map(|source| source.name.clone()),
    }
}
