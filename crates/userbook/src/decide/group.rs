//! Writing and deleting groups, under the same guards as users: a group gives and takes power wholesale.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use super::{diff::redact, hierarchy};
use crate::{
    Actor, ActorGuard, ChangeId, Check, CheckResults, Denial, Diff, DirectorySnapshot, EpochGuard, Event,
    EventKind, EventTarget, FieldDiff, Group, GroupField, GroupId, Guards, Policy, ProvisioningChange,
    ProvisioningOp, Safeguard, Subject, Timestamp, ViolationKind, Violations, update::json_eq,
};

/// What a group write would do.
#[derive(Debug)]
pub(crate) struct GroupProposal<'a> {
    directory: &'a DirectorySnapshot,
    actor: &'a Actor,
    id: GroupId,
    before: Option<&'a Group>,
    after: Option<Group>,
    /// Groups that grant power afterwards.
    pub(crate) granting_after: BTreeSet<GroupId>,
    /// Groups that grant power now and will not.
    pub(crate) lost: BTreeSet<GroupId>,
    granting_before: BTreeSet<GroupId>,
    /// Where the power comes from, for a group that will give some.
    source: Option<GroupId>,
    gains: bool,
}

/// What else a decision about a group depends on.
#[derive(Debug)]
pub(crate) struct GroupWrite<'a> {
    pub(crate) results: &'a CheckResults,
    pub(crate) policy: &'a Policy,
    pub(crate) allow_self_lockout: bool,
    /// Whether active members of `lost` groups would leave the directory without anybody who has power.
    pub(crate) removes_last_superuser: bool,
    pub(crate) now: Timestamp,
    pub(crate) change: ChangeId,
}

impl<'a> GroupProposal<'a> {
    /// The directory must have the shape, the group and its new parent.
    pub(crate) fn new(
        directory: &'a DirectorySnapshot,
        actor: &'a Actor,
        id: GroupId,
        after: Option<Group>,
    ) -> Self {
        let shape_after = hierarchy::after(&directory.shape, id, after.as_ref());
        let granting_before = hierarchy::granting(&directory.shape);
        let granting_after = hierarchy::granting(&shape_after);
        let mut lineage = hierarchy::lineage(&shape_after, id);
        let source = lineage.find(|(_, group)| group.is_superuser).map(|(id, _)| id);
        Self {
            directory,
            actor,
            id,
            before: directory.groups.get(id),
            after,
            lost: granting_before.difference(&granting_after).copied().collect(),
            gains: !granting_after.is_subset(&granting_before),
            granting_before,
            granting_after,
            source,
        }
    }

    /// The questions for the authorizer.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.own_check()];
        if self.gains {
            checks.extend([Some(self.id), self.source].into_iter().flatten().map(Check::GrantSuperuser));
        }
        checks
    }

    fn own_check(&self) -> Check {
        match (&self.after, self.before) {
            (None, _) => Check::DeleteGroup(self.id),
            (Some(_), None) => Check::AddGroup(self.id),
            (Some(_), Some(_)) => Check::ChangeGroup(self.id),
        }
    }

    /// What the values themselves break.
    pub(crate) fn check_values(&self, violations: &mut Violations<GroupField>) {
        if self.directory.group_named.is_some_and(|named| named != self.id) {
            violations.push(GroupField::Name, ViolationKind::Unique);
        }
        // A stored parent that breaks a rule of today stands while it is not changed.
        let kept = self.before.and_then(|group| group.parent);
        let new = self.after.as_ref().and_then(|group| group.parent).filter(|parent| Some(*parent) != kept);
        let Some(parent) = new else { return };
        if parent != self.id && !self.directory.groups.contains(parent) {
            violations.push(GroupField::Parent, ViolationKind::DoesNotExist { pk: parent.to_string() });
        } else if parent == self.id || hierarchy::is_above(&self.directory.shape, self.id, parent) {
            violations.push(GroupField::Parent, ViolationKind::Cycle);
        }
    }

    /// Decides; `None`: nothing would change.
    pub(crate) fn decide(
        self,
        it: &GroupWrite<'_>,
        mut violations: Violations<GroupField>,
    ) -> Result<Option<ProvisioningChange>, GroupRejection> {
        super::require_allowed(it.results, self.own_check()).map_err(GroupRejection::Forbidden)?;
        self.check_escalation(it).map_err(GroupRejection::Forbidden)?;
        if violations.is_empty() {
            self.check_lockout(it, &mut violations);
        }
        if !violations.is_empty() {
            return Err(GroupRejection::Invalid(violations));
        }
        let diff = self.diff();
        Ok((!diff.is_empty()).then(|| self.provision(it, &diff)))
    }

    fn actor_has_power(&self) -> bool {
        self.actor.subject == Subject::System
            || self
                .directory
                .actor
                .as_ref()
                .is_some_and(|actor| actor.is_active_superuser(&self.directory.groups))
    }

    fn check_escalation(&self, it: &GroupWrite<'_>) -> Result<(), Denial> {
        let mut asked = [Some(self.id), self.source].into_iter().flatten();
        if !self.gains
            || self.actor_has_power()
            || !it.policy.has(Safeguard::Escalation)
            || asked.any(|group| it.results.allows(Check::GrantSuperuser(group)))
        {
            return Ok(());
        }
        let name = |group: Option<&Group>| group.map(|group| group.name.clone());
        Err(Denial::GrantsSuperuser {
            group: self.id,
            name: name(self.after.as_ref()).unwrap_or_default(),
            through: self
                .source
                .filter(|id| *id != self.id)
                .and_then(|id| name(self.directory.groups.get(id))),
        })
    }

    fn check_lockout(&self, it: &GroupWrite<'_>, violations: &mut Violations<GroupField>) {
        if it.policy.has(Safeguard::LastSuperuser) && it.removes_last_superuser {
            violations.push_general(ViolationKind::LastSuperuser);
        }
        let keeps = |granting: &BTreeSet<GroupId>| {
            self.directory.actor.as_ref().is_some_and(|actor| !actor.groups.is_disjoint(granting))
        };
        if it.policy.has(Safeguard::SelfLockout)
            && !it.allow_self_lockout
            && keeps(&self.granting_before)
            && !keeps(&self.granting_after)
        {
            violations.push_general(ViolationKind::SelfLockout);
        }
    }

    fn diff(&self) -> Diff {
        let old = self.before.map(fields).unwrap_or_default();
        let new = self.after.as_ref().map(fields).unwrap_or_default();
        let names = ["name", "is_superuser", "parent", "attributes"];
        let value = |fields: &crate::JsonObject, name: &str| fields.get(name).cloned().unwrap_or_default();
        names
            .into_iter()
            .map(|name| (Cow::Borrowed(name), value(&old, name), value(&new, name)))
            .filter(|(_, old, new)| !json_eq(old, new))
            .map(|(name, old, new)| (name, FieldDiff::Value { old: old.into(), new: new.into() }))
            .collect()
    }

    fn provision(self, it: &GroupWrite<'_>, diff: &Diff) -> ProvisioningChange {
        let epochs = self.directory.epochs;
        let changes_superusers = self.gains || !self.lost.is_empty();
        let actor = self.directory.actor.as_ref().filter(|_| changes_superusers);
        let guards = Guards {
            graph: Some(EpochGuard::bump(epochs.graph)),
            superusers: (!self.lost.is_empty()).then_some(EpochGuard::bump(epochs.superusers)),
            actor: actor.map(|actor| ActorGuard { user: actor.id, revision: actor.revision }),
        };
        let deleted = self.after.is_none();
        let event = Event {
            id: it.change,
            kind: if deleted { EventKind::GroupDeleted } else { EventKind::GroupPut },
            target: EventTarget::Group(self.id),
            version: epochs.graph + 1,
            time: it.now,
            actor: self.actor.to_event(),
            impersonator: self.actor.impersonator,
            request_id: None,
            diff: redact(diff, it.policy),
            effects: Vec::new(),
        };
        let step = match self.after {
            Some(group) => ProvisioningOp::PutGroup(Box::new(group)),
            None => ProvisioningOp::DeleteGroup(self.id),
        };
        ProvisioningChange { step, guards, event }
    }
}

/// Why a group is not written.
#[derive(Debug)]
pub(crate) enum GroupRejection {
    Forbidden(Denial),
    Invalid(Violations<GroupField>),
}

fn fields(group: &Group) -> crate::JsonObject {
    [
        ("name", Value::String(group.name.clone())),
        ("is_superuser", Value::Bool(group.is_superuser)),
        ("parent", group.parent.map_or(Value::Null, |parent| Value::String(parent.to_string()))),
        ("attributes", group.attributes.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
