//! The last step of a decision about a group: lockouts, and the change to write.

use super::{
    Context,
    event::event,
    group::{GroupProposal, GroupRejection},
    group_children::{ChildGroup, detached, visible_diff},
    group_diff::group_diff,
    hierarchy::{self, Granting, Shape},
    safeguard::removes_last_superuser,
};
use crate::{
    event::{Diff, EventKind, EventTarget},
    model::{Group, GroupId},
    policy::{Policy, Safeguard},
    store::{ActorGuard, EpochGuard, Guards, ProvisioningChange, ProvisioningOp, SuperuserQuery, Superusers},
    violation::{GroupField, ViolationKind, Violations},
};

/// A write with all rights and without violations, apart from lockouts.
#[derive(Debug)]
pub(crate) struct CheckedGroup<'a>(GroupProposal<'a>);

/// Facts that only a checked write needs.
#[derive(Debug, Default)]
pub(crate) struct GroupOutlook {
    /// The child groups of a deleted group.
    pub(crate) children: Vec<ChildGroup>,
    /// The granting groups of the whole hierarchy, if the write needs them.
    pub(crate) granting: Option<Granting>,
    /// The superusers before and after the write, if it revokes superuser status.
    pub(crate) superusers: Option<(Superusers, Superusers)>,
}

impl<'a> CheckedGroup<'a> {
    /// The proposal has the rights and valid values.
    pub(super) fn new(proposal: GroupProposal<'a>) -> Self {
        Self(proposal)
    }

    /// Returns the child groups that lose their parent.
    pub(crate) fn detached_children(&self) -> Vec<GroupId> {
        match self.0.write.after {
            Some(_) => Vec::new(),
            None => hierarchy::children(&self.0.shape, self.0.id),
        }
    }

    /// Returns whether the decision needs to know which superusers remain.
    pub(crate) fn needs_superusers(&self, policy: &Policy) -> bool {
        policy.has(Safeguard::LastSuperuser) && self.0.needs_superusers()
    }

    /// Returns whether the decision needs all granting groups: for the superusers who remain, and because a user who
    /// joins or leaves a granting group may have the status from any other group.
    pub(crate) fn needs_granting(&self, policy: &Policy) -> bool {
        if self.needs_superusers(policy) {
            return true;
        }
        let changes_members = self.0.members.gives() || self.0.members.takes();
        changes_members && (hierarchy::grants(&self.0.shape, self.0.id) || self.grants_after())
    }

    /// Returns the granting groups, from the position of every group.
    pub(crate) fn granting(&self, shape: &Shape) -> Granting {
        Granting::of(shape, self.0.id, self.0.write.after.as_ref())
    }

    /// Returns the queries for superusers before the write, and after it without users who join.
    pub(crate) fn superusers_queries(&self, granting: &Granting) -> [SuperuserQuery; 2] {
        let except = (self.0.id, self.0.members.leaving());
        [
            SuperuserQuery { groups: granting.before.clone(), except: None },
            SuperuserQuery { groups: granting.after.clone(), except: Some(except) },
        ]
    }

    /// Decides. `None` means no change. Returns the difference as the caller sees it.
    pub(crate) fn decide(
        self,
        context: &Context<'_>,
        outlook: GroupOutlook,
    ) -> Result<Option<(ProvisioningChange, Diff)>, GroupRejection> {
        let mut violations = Violations::default();
        self.check_lockout(context, outlook.superusers, &mut violations);
        if !violations.is_empty() {
            violations.sort();
            return Err(GroupRejection::Invalid(violations));
        }
        let diff = self.diff(&outlook.children);
        if diff.is_empty() {
            return Ok(None);
        }
        let change = self.change(context, &diff, outlook.granting);
        Ok(Some((change, visible_diff(diff, &outlook.children))))
    }

    fn check_lockout(
        &self,
        context: &Context<'_>,
        superusers: Option<(Superusers, Superusers)>,
        violations: &mut Violations<GroupField>,
    ) {
        let Context { policy, allow_self_lockout, .. } = *context;
        if let Some((before, after)) = superusers {
            let joins = self.grants_after().then(|| self.0.members.joining_superusers());
            if removes_last_superuser(before, after.with(joins.unwrap_or_default()), policy) {
                violations.push_general(ViolationKind::LastSuperuser);
            }
        }
        if policy.has(Safeguard::SelfLockout) && !allow_self_lockout && self.takes_from_actor() {
            violations.push_general(ViolationKind::SelfLockout);
        }
    }

    fn grants_after(&self) -> bool {
        hierarchy::grants(&self.0.shape_after, self.0.id)
    }

    /// Returns whether the actor is a superuser only before the write.
    fn takes_from_actor(&self) -> bool {
        let Some(actor) = &self.0.directory.actor else { return false };
        let leaves = self.0.members.leaving().contains(&actor.id);
        let mut kept = actor.groups.iter().filter(|group| !(leaves && **group == self.0.id));
        actor.groups.iter().any(|group| hierarchy::grants(&self.0.shape, *group))
            && !kept.any(|group| hierarchy::grants(&self.0.shape_after, *group))
    }

    /// Returns the difference of the group's fields, members and child groups.
    fn diff(&self, children: &[ChildGroup]) -> Diff {
        let mut diff = group_diff(self.0.before, self.0.write.after.as_ref());
        let members = self.0.members.diff().map(|members| (GroupField::Users.as_str().into(), members));
        diff.extend(members.into_iter().chain(detached(children)));
        diff
    }

    fn change(self, context: &Context<'_>, diff: &Diff, granting: Option<Granting>) -> ProvisioningChange {
        // Without all positions, no user gains or loses the status by joining or leaving.
        let granting = granting.unwrap_or_else(|| self.granting(&self.0.shape));
        let guards = self.guards();
        let sets_external_ids = self.0.sets_external_ids();
        let GroupProposal { directory, id, before, write, members, .. } = self.0;
        let kind = if write.after.is_none() { EventKind::GroupDeleted } else { EventKind::GroupPut };
        let version = directory.epochs.graph + 1;
        let event = event(context, kind, EventTarget::Group(id), id.0, version, diff, Vec::new());
        let name = before.or(write.after.as_ref()).map(|group| group.name.clone()).unwrap_or_default();
        let members = members.changes(
            context,
            (id, &name),
            |groups| !groups.is_disjoint(&granting.before),
            |groups| !groups.is_disjoint(&granting.after),
        );
        let op = match write.after {
            Some(group) => {
                let created_at = before.map_or(context.now, |before| before.created_at);
                ProvisioningOp::PutGroup(Box::new(Group { created_at, updated_at: context.now, ..group }))
            }
            None => ProvisioningOp::DeleteGroup(id),
        };
        ProvisioningChange {
            op,
            has_reserved_id: false,
            members,
            sets_external_ids,
            guards,
            event: event.into(),
        }
    }

    fn guards(&self) -> Guards {
        let epochs = self.0.directory.epochs;
        let (gives, takes) = (self.0.gives(), !self.0.taken.is_empty());
        let counts = takes || (self.grants_after() && self.0.members.gives());
        let actor = self.0.directory.actor.as_ref().filter(|_| gives || takes);
        // The commit compares the row of a user that the write changes anyway.
        let actor = actor.filter(|actor| !self.0.members.concerns(actor.id));
        Guards {
            graph: Some(EpochGuard::bump(epochs.graph)),
            superusers: counts.then_some(EpochGuard::bump(epochs.superusers)),
            actor: actor.map(|actor| ActorGuard { user: actor.id, revision: actor.revision }),
            ..Guards::default()
        }
    }
}
