//! Decides on writing and deleting groups, under the same safeguards as users, because a group grants and revokes
//! superuser status for all of its members.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use super::{
    Context,
    checks::require_allowed,
    diff::changed_attributes,
    event::event,
    group_access::{GroupAccess, GroupWriteKind},
    group_members::MemberProposal,
    group_write::GroupWrite,
    hierarchy,
    safeguard::{check_demotion, escalation_applies, is_superuser, removes_last_superuser},
};
use crate::{
    authz::{Check, CheckResults},
    decision::Denial,
    event::{Diff, EventKind, EventTarget, FieldDiff},
    field::Reference,
    json::identical,
    model::{Group, GroupId},
    policy::{Policy, Safeguard},
    store::{
        ActorGuard, DirectorySnapshot, EpochGuard, Guards, ProvisioningChange, ProvisioningOp,
        SuperuserQuery, Superusers,
    },
    update::external_ids_json,
    view::{Visibility, view_group_checks},
    violation::{GroupField, ViolationKind, Violations},
};

/// The effect of a group write.
#[derive(Debug)]
pub(crate) struct GroupProposal<'a> {
    directory: &'a DirectorySnapshot,
    id: GroupId,
    before: Option<&'a Group>,
    kind: GroupWriteKind,
    write: GroupWrite,
    members: MemberProposal<'a>,
    /// Granting groups before the write.
    granting_before: BTreeSet<GroupId>,
    /// Granting groups after the write.
    granting_after: BTreeSet<GroupId>,
    /// The sources through which the write gives superuser status: the group itself, or ancestors.
    given: BTreeSet<GroupId>,
    /// Groups through which the write takes superuser status, each with the source that it takes.
    taken: BTreeSet<(GroupId, GroupId)>,
}

/// A reason why a group is not written.
#[derive(Debug)]
pub(crate) enum GroupRejection {
    Hidden,
    Forbidden(Denial),
    Invalid(Violations<GroupField>),
}

impl<'a> GroupProposal<'a> {
    /// The snapshot must contain the shape, the group, its new parent, and the users of `members`.
    pub(crate) fn new(
        directory: &'a DirectorySnapshot,
        id: GroupId,
        kind: GroupWriteKind,
        write: GroupWrite,
        members: MemberProposal<'a>,
    ) -> Self {
        let shape = &directory.shape;
        let shape_after = hierarchy::after(shape, id, write.after.as_ref());
        Self {
            directory,
            id,
            before: directory.groups.get(id),
            given: hierarchy::given(shape, &shape_after, id, members.gives()),
            taken: hierarchy::taken(shape, &shape_after, id, members.takes()),
            kind,
            write,
            members,
            granting_before: hierarchy::granting(shape),
            granting_after: hierarchy::granting(&shape_after),
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
    fn sets_external_ids(&self) -> bool {
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

    fn gives(&self) -> bool {
        !self.given.is_empty()
    }

    /// Returns whether the decision needs to know which superusers remain.
    pub(crate) fn needs_superusers(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Returns the query for superusers before the write.
    pub(crate) fn superusers_before(&self) -> SuperuserQuery {
        SuperuserQuery { groups: self.granting_before.clone(), except: None }
    }

    /// Returns the query for superusers after the write, without users who join.
    pub(crate) fn superusers_after(&self) -> SuperuserQuery {
        let except = (self.id, self.members.leaving());
        SuperuserQuery { groups: self.granting_after.clone(), except: Some(except) }
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
        } else if policy.has(Safeguard::NoGroupCycles)
            && hierarchy::is_above(&self.directory.shape, self.id, parent)
        {
            violations.push(GroupField::Parent, ViolationKind::Cycle);
        }
    }

    /// Decides. `None` means no change. `superusers` are the superusers before and after the write, if they matter.
    pub(crate) fn decide(
        self,
        context: &Context<'_>,
        superusers: Option<(Superusers, Superusers)>,
    ) -> Result<Option<(ProvisioningChange, Diff)>, GroupRejection> {
        let (id, kind, exists) = (self.id, self.kind, self.before.is_some());
        GroupAccess { id, exists, kind }.require(context.policy, context.results)?;
        self.check_rights(context).map_err(GroupRejection::Forbidden)?;
        let mut violations = self.write.violations.clone();
        self.check_values(context, &mut violations);
        if violations.is_empty() {
            self.check_lockout(context, superusers, &mut violations);
        }
        if !violations.is_empty() {
            violations.sort();
            return Err(GroupRejection::Invalid(violations));
        }
        let diff = self.diff();
        if diff.is_empty() {
            return Ok(None);
        }
        let change = self.change(context, &diff);
        Ok(Some((change, diff)))
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

    fn check_lockout(
        &self,
        context: &Context<'_>,
        superusers: Option<(Superusers, Superusers)>,
        violations: &mut Violations<GroupField>,
    ) {
        let Context { policy, allow_self_lockout, .. } = *context;
        if let Some((before, after)) = superusers {
            let joining = if self.granting_after.contains(&self.id) {
                self.members.joining_superusers()
            } else {
                Superusers::default()
            };
            if removes_last_superuser(before, after.with(joining), policy) {
                violations.push_general(ViolationKind::LastSuperuser);
            }
        }
        if policy.has(Safeguard::SelfLockout) && !allow_self_lockout && self.takes_from_actor() {
            violations.push_general(ViolationKind::SelfLockout);
        }
    }

    /// Returns whether the actor is a superuser only before the write.
    fn takes_from_actor(&self) -> bool {
        let Some(actor) = &self.directory.actor else { return false };
        let leaves = self.members.leaving().contains(&actor.id);
        let kept = actor.groups.iter().filter(|group| !(leaves && **group == self.id));
        !actor.groups.is_disjoint(&self.granting_before)
            && !kept.into_iter().any(|group| self.granting_after.contains(group))
    }

    /// Returns the difference of the group's fields and members.
    fn diff(&self) -> Diff {
        let value =
            |group: Option<&Group>, field| group.map_or(Value::Null, |group| field_value(group, field));
        let fields = [
            GroupField::Name,
            GroupField::IsSuperuser,
            GroupField::Parent,
            GroupField::Attributes,
            GroupField::ExternalIds,
        ];
        let entry = |field| {
            let (old, new) = (value(self.before, field), value(self.write.after.as_ref(), field));
            let changed = (!identical(&old, &new)).then(|| match field {
                GroupField::Attributes => changed_attributes(&old, &new),
                _ => (old.into(), new.into()),
            });
            changed.map(|(old, new)| (Cow::Borrowed(field.as_str()), FieldDiff::Value { old, new }))
        };
        let members = self.members.diff().map(|members| (Cow::Borrowed(GroupField::Users.as_str()), members));
        fields.into_iter().filter_map(entry).chain(members).collect()
    }

    fn change(self, context: &Context<'_>, diff: &Diff) -> ProvisioningChange {
        let epochs = self.directory.epochs;
        let sets_external_ids = self.sets_external_ids();
        let (gives, takes) = (self.gives(), !self.taken.is_empty());
        let counts = takes || (self.granting_after.contains(&self.id) && self.members.gives());
        let actor = self.directory.actor.as_ref().filter(|_| gives || takes);
        // The commit compares the row of a user that the write changes anyway.
        let actor = actor.filter(|actor| !self.members.concerns(actor.id));
        let guards = Guards {
            graph: Some(EpochGuard::bump(epochs.graph)),
            superusers: counts.then_some(EpochGuard::bump(epochs.superusers)),
            actor: actor.map(|actor| ActorGuard { user: actor.id, revision: actor.revision }),
            ..Guards::default()
        };
        let kind = if self.write.after.is_none() { EventKind::GroupDeleted } else { EventKind::GroupPut };
        let target = EventTarget::Group(self.id);
        let event = event(context, kind, target, self.id.0, epochs.graph + 1, diff, Vec::new());
        let name =
            self.before.or(self.write.after.as_ref()).map(|group| group.name.clone()).unwrap_or_default();
        let members = self.members.changes(
            context,
            (self.id, &name),
            |groups| !groups.is_disjoint(&self.granting_before),
            |groups| !groups.is_disjoint(&self.granting_after),
        );
        let op = match self.write.after {
            Some(group) => {
                let created_at = self.before.map_or(context.now, |before| before.created_at);
                ProvisioningOp::PutGroup(Box::new(Group { created_at, updated_at: context.now, ..group }))
            }
            None => ProvisioningOp::DeleteGroup(self.id),
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
}

fn field_value(group: &Group, field: GroupField) -> Value {
    match field {
        GroupField::Name => Value::String(group.name.clone()),
        GroupField::IsSuperuser => Value::Bool(group.is_superuser),
        GroupField::Parent => group.parent.map_or(Value::Null, |parent| Value::String(parent.to_string())),
        GroupField::Attributes => group.attributes.clone(),
        GroupField::ExternalIds => external_ids_json(&group.external_ids),
        GroupField::Users | GroupField::Roles => Value::Null,
    }
}
