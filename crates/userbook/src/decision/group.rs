//! Decides on writing and deleting groups, under the same safeguards as users, because a group grants and revokes
//! superuser status for all of its members.

use std::collections::BTreeSet;

use super::{
    Context,
    checks::require_allowed,
    group_access::{GroupAccess, GroupWriteKind},
    group_commit::CheckedGroup,
    group_members::MemberProposal,
    group_write::GroupWrite,
    hierarchy::{self, Shape},
    safeguard::{check_demotion, escalation_applies, is_superuser},
};
use crate::{
    authz::{Check, CheckResults},
    decision::Denial,
    field::Reference,
    model::{Group, GroupId},
    policy::{Policy, Safeguard},
    store::DirectorySnapshot,
    view::{Visibility, view_group_checks},
    violation::{GroupField, ViolationKind, Violations},
};

/// The effect of a group write.
#[derive(Debug)]
pub(crate) struct GroupProposal<'a> {
    pub(super) directory: &'a DirectorySnapshot,
    pub(super) id: GroupId,
    pub(super) before: Option<&'a Group>,
    kind: GroupWriteKind,
    pub(super) write: GroupWrite,
    pub(super) members: MemberProposal<'a>,
    /// The loaded positions before the write.
    pub(super) shape: Shape,
    /// The same after the write.
    pub(super) shape_after: Shape,
    /// The sources through which the write gives superuser status: the group itself, or ancestors.
    pub(super) given: BTreeSet<GroupId>,
    /// Groups through which the write takes superuser status, each with the source that it takes.
    pub(super) taken: BTreeSet<(GroupId, GroupId)>,
}

/// A reason why a group is not written.
#[derive(Debug)]
pub(crate) enum GroupRejection {
    Hidden,
    Forbidden(Denial),
    Invalid(Violations<GroupField>),
}

impl<'a> GroupProposal<'a> {
    /// The snapshot must contain the group, its new parent, the users of `members`, and the groups below if the group's
    /// position changes.
    pub(crate) fn new(
        directory: &'a DirectorySnapshot,
        id: GroupId,
        kind: GroupWriteKind,
        write: GroupWrite,
        members: MemberProposal<'a>,
    ) -> Self {
        let shape = hierarchy::positions(directory);
        let shape_after = hierarchy::after(&shape, id, write.after.as_ref());
        Self {
            directory,
            id,
            before: directory.groups.get(id),
            given: hierarchy::given(&shape, &shape_after, id, members.gives()),
            taken: hierarchy::taken(&shape, &shape_after, id, members.takes()),
            kind,
            write,
            members,
            shape,
            shape_after,
        }
    }

    /// Returns the checks that the content requires.
    pub(crate) fn checks(&self, policy: &Policy, results: &CheckResults) -> Vec<Check> {
        let graph = &self.directory.groups;
        let taken = self.taken.iter().flat_map(|(group, source)| [*group, *source]);
        let given = self.given.iter().copied().chain(self.gives().then_some(self.id));
        let checks = taken.chain(given).map(Check::GrantSuperuser);
        let checks = checks.chain(self.flag_check()).chain(self.external_ids_check());
        let mut checks: BTreeSet<Check> = checks.collect();
        let taken = self.taken.iter().map(|(group, _)| *group);
        let named: BTreeSet<GroupId> = self.parents().into_iter().chain(taken).chain([self.id]).collect();
        checks.extend(view_group_checks(&named, graph, policy, results));
        checks.into_iter().collect()
    }

    /// Returns the right to set `is_superuser`, as recorded: to a value that differs from the stored one, or to any
    /// value of a new group.
    fn flag_check(&self) -> Option<Check> {
        let after = self.write.after.as_ref()?;
        let differs = match self.before {
            Some(before) => before.is_superuser != after.is_superuser,
            None => true,
        };
        let check = if after.is_superuser {
            Check::GrantSuperuser(self.id)
        } else {
            Check::DisableSuperuser(self.id)
        };
        (self.write.sets_flag && differs).then_some(check)
    }

    /// Returns whether the external ids change.
    pub(super) fn sets_external_ids(&self) -> bool {
        let before = self.before.map(|group| &group.external_ids);
        let after = self.write.after.as_ref().map(|group| &group.external_ids);
        after.is_some_and(|after| before.map_or(!after.is_empty(), |before| before != after))
    }

    /// Returns the right to change external ids.
    fn external_ids_check(&self) -> Option<Check> {
        let attempted = self.write.violations.iter().any(|it| it.field == Some(GroupField::ExternalIds));
        (attempted || self.sets_external_ids()).then_some(Check::SetGroupExternalIds(self.id))
    }

    fn parents(&self) -> BTreeSet<GroupId> {
        let parent = self.write.after.as_ref().and_then(|group| group.parent);
        parent.into_iter().chain(self.given.iter().copied()).collect()
    }

    /// Returns whether the actor may not view the new parent, which then counts as missing.
    fn has_hidden_parent(&self, visible: Visibility<'_>) -> bool {
        let kept = self.before.and_then(|group| group.parent);
        let parent = self.write.after.as_ref().and_then(|group| group.parent);
        parent.is_some_and(|parent| Some(parent) != kept && !visible.shows(parent))
    }

    pub(super) fn gives(&self) -> bool {
        !self.given.is_empty()
    }

    /// Returns whether the decision needs to know which superusers remain.
    pub(super) fn needs_superusers(&self) -> bool {
        !self.taken.is_empty()
    }

    fn check_values(&self, context: &Context<'_>, violations: &mut Violations<GroupField>) {
        let Context { policy, results, .. } = *context;
        if self.write.names_group && self.directory.group_named.is_some_and(|named| named != self.id) {
            violations.push(GroupField::Name, ViolationKind::Unique);
        }
        if let (Some(after), Some(check)) = (&self.write.after, self.flag_check())
            && !results.allows(check)
            && !is_superuser(context.actor, self.directory.actor.as_ref(), &self.directory.groups)
        {
            violations
                .push(GroupField::IsSuperuser, ViolationKind::SuperuserFlag { value: after.is_superuser });
        }
        if let Some(after) = &self.write.after {
            super::limits::check_group(self.before, after, policy, violations);
        }
        self.members.check(policy, violations);
        // A stored parent that violates a rule is accepted while it does not change.
        let kept = self.before.and_then(|group| group.parent);
        let new =
            self.write.after.as_ref().and_then(|group| group.parent).filter(|parent| Some(*parent) != kept);
        let Some(parent) = new else { return };
        let exists = self.directory.groups.contains(parent) && Visibility::new(policy, results).shows(parent);
        if parent == self.id {
            violations.push(GroupField::Parent, ViolationKind::OwnParent);
        } else if !exists {
            let sent = self.write.parent_sent.clone();
            violations.push(GroupField::Parent, Reference { id: parent, sent }.does_not_exist());
        } else if policy.has(Safeguard::NoGroupCycles) && hierarchy::is_above(&self.shape, self.id, parent) {
            violations.push(GroupField::Parent, ViolationKind::Cycle);
        }
    }

    /// Requires the rights, then the validity of the values.
    pub(crate) fn checked(self, context: &Context<'_>) -> Result<CheckedGroup<'a>, GroupRejection> {
        let (id, kind, exists) = (self.id, self.kind, self.before.is_some());
        GroupAccess { id, exists, kind }.require(context.policy, context.results)?;
        self.check_rights(context).map_err(GroupRejection::Forbidden)?;
        let mut violations = self.write.violations.clone();
        self.check_values(context, &mut violations);
        if violations.is_empty() {
            return Ok(CheckedGroup::new(self));
        }
        violations.sort();
        Err(GroupRejection::Invalid(violations))
    }

    fn check_rights(&self, context: &Context<'_>) -> Result<(), Denial> {
        let Context { actor, policy, results, .. } = *context;
        if let Some(check) = self.external_ids_check() {
            require_allowed(results, check)?;
        }
        let graph = &self.directory.groups;
        let is_superuser = is_superuser(actor, self.directory.actor.as_ref(), graph);
        let may_grant = |group: &GroupId| results.allows(Check::GrantSuperuser(*group));
        // The right to the group, or to the ancestor that will make it grant: a right to its present ancestor does not
        // extend to what the write makes of it.
        let entitled = may_grant(&self.id) || self.given.iter().all(may_grant);
        let visible = Visibility::new(policy, results);
        // A hidden parent is reported as one that does not exist, whether it would grant or not.
        let by_parent = !self.given.contains(&self.id);
        let gives = self.gives() && !(by_parent && self.has_hidden_parent(visible));
        if gives && !entitled && escalation_applies(is_superuser, policy) {
            return Err(self.grants(visible));
        }
        let may_take = |group| {
            let mut sources = self.taken.iter().filter(|(taken, _)| *taken == group);
            may_grant(&group) || sources.all(|(_, source)| may_grant(source))
        };
        let taken = self.taken.iter().map(|(group, _)| *group);
        check_demotion(taken, may_take, graph, is_superuser, policy, results)
    }

    /// Returns the denial for a write that grants. The group's name comes from the caller; the ancestor is the future
    /// one.
    fn grants(&self, visible: Visibility<'_>) -> Denial {
        let graph = &self.directory.groups;
        let through = self.given.iter().find(|source| **source != self.id && visible.shows(**source));
        Denial::GrantsSuperuser {
            group: self.id,
            name: self.write.after.as_ref().map(|group| group.name.clone()),
            through: through.and_then(|source| graph.get(*source)).map(|source| source.name.clone()),
        }
    }
}
