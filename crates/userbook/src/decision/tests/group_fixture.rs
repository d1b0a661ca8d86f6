//! Builds a write to a group.

use super::fixture::{ACTOR, CHANGE, EPOCHS, HELP, NOW, OTHER_PERSON, ROOT, actor_state, all_groups, codes};
use crate::{
    authz::{Actor, Check, CheckResults, Verdict},
    decision::{
        CheckedGroup, Context, Denial, GroupAccess, GroupOutlook, GroupProposal, GroupRejection, GroupWrite,
        GroupWriteKind, MemberProposal, MembersOp, NoRules, child_checks, child_groups,
    },
    event::Diff,
    model::{ChangeId, Group, GroupId, Revision, UserId, UserType},
    policy::Policy,
    store::{DirectorySnapshot, GroupShape, MemberState, ProvisioningChange, Scope, Superusers},
    violation::Violations,
};

/// A write to a group, by an actor who is not a superuser and may write groups.
pub(super) struct Write {
    pub(super) directory: DirectorySnapshot,
    pub(super) actor: Actor,
    pub(super) id: GroupId,
    pub(super) after: Option<Group>,
    pub(super) members: MembersOp,
    pub(super) policy: Policy,
    pub(super) granted: Vec<GroupId>,
    pub(super) hidden: Vec<GroupId>,
    /// The groups that the actor may not change.
    pub(super) unchangeable: Vec<GroupId>,
    pub(super) denied: bool,
    pub(super) allow_self_lockout: bool,
    /// Whether the request names the flag, as on the wire.
    pub(super) sets_flag: bool,
    /// The groups that the actor may disable.
    pub(super) disables: Vec<GroupId>,
    /// The users that the actor may view.
    pub(super) visible: Scope<UserId>,
    pub(super) superusers: (Superusers, Superusers),
}

pub(super) fn put(after: Group) -> Write {
    let id = after.id;
    Write { after: Some(after), members: MembersOp::Keep, ..delete(id) }
}

pub(super) fn delete(id: GroupId) -> Write {
    let directory = DirectorySnapshot {
        groups: all_groups().into_iter().collect(),
        shape: all_groups().iter().map(|group| (group.id, GroupShape::of(group))).collect(),
        actor: Some(actor_state([HELP])),
        epochs: EPOCHS,
        ..DirectorySnapshot::default()
    };
    Write {
        directory,
        actor: Actor::user(ACTOR),
        id,
        after: None,
        members: MembersOp::RemoveAll,
        policy: Policy::hardened(),
        granted: Vec::new(),
        hidden: Vec::new(),
        unchangeable: Vec::new(),
        denied: false,
        allow_self_lockout: false,
        sets_flag: false,
        disables: Vec::new(),
        visible: Scope::Everything,
        superusers: (OTHER_PERSON, OTHER_PERSON),
    }
}

impl Write {
    pub(super) fn by_superuser(mut self) -> Self {
        self.directory.actor = Some(actor_state([ROOT]));
        self
    }

    pub(super) fn with(mut self, alter: impl FnOnce(&mut Self)) -> Self {
        alter(&mut self);
        self
    }

    /// A user in these groups.
    pub(super) fn member(mut self, id: i64, groups: impl IntoIterator<Item = GroupId>) -> Self {
        let state = MemberState {
            uuid: uuid::Uuid::from_u128(id.unsigned_abs().into()),
            username: format!("user{id}"),
            is_active: true,
            user_type: UserType::Internal,
            path: "users".into(),
            groups: groups.into_iter().collect(),
            revision: Revision(uuid::Uuid::from_u128(id.unsigned_abs().into())),
            version: 5,
        };
        self.directory.members.insert(UserId(id), state);
        self
    }

    pub(super) fn proposal(&self) -> GroupProposal<'_> {
        let mut next = 900;
        let ids = || {
            next += 1;
            ChangeId(uuid::Uuid::from_u128(next))
        };
        let users = &self.directory.members;
        let members = MemberProposal::new(self.id, &self.members, users, &self.visible, ids);
        let write = GroupWrite {
            after: self.after.clone(),
            members: self.members.clone(),
            names_group: true,
            sets_flag: self.sets_flag,
            parent_sent: None,
            violations: Violations::default(),
        };
        GroupProposal::new(&self.directory, self.id, self.kind(), write, members)
    }

    pub(super) fn access(&self) -> GroupAccess {
        let exists = self.directory.groups.contains(self.id);
        GroupAccess { id: self.id, exists, kind: self.kind() }
    }

    fn kind(&self) -> GroupWriteKind {
        if self.after.is_none() { GroupWriteKind::Delete } else { GroupWriteKind::Put }
    }

    fn verdict(&self, check: &Check) -> Verdict {
        match check {
            Check::GrantSuperuser(group) => self.granted.contains(group).into(),
            Check::DisableSuperuser(group) => self.disables.contains(group).into(),
            Check::ViewGroup(group) if self.hidden.contains(group) => Verdict::deny(),
            Check::ChangeGroup(group) if self.unchangeable.contains(group) => Verdict::deny(),
            _ if self.denied => Verdict::deny(),
            _ => Verdict::Allow,
        }
    }

    fn results(&self, checks: Vec<Check>) -> CheckResults {
        let verdicts = checks.iter().map(|check| self.verdict(check)).collect();
        CheckResults::new(checks, verdicts)
    }

    fn outlook(&self, checked: &CheckedGroup<'_>) -> Result<GroupOutlook, GroupRejection> {
        let ids = checked.detached_children();
        let results = self.results(child_checks(&ids, &self.policy));
        let children = child_groups(&ids, &self.directory.groups, &self.policy, &results);
        Ok(GroupOutlook {
            children: children.map_err(GroupRejection::Forbidden)?,
            granting: checked.needs_granting(&self.policy).then(|| checked.granting(&self.directory.shape)),
            superusers: checked.needs_superusers(&self.policy).then_some(self.superusers),
        })
    }

    /// The change, and the difference as the actor sees it.
    pub(super) fn decided(&self) -> Result<Option<(ProvisioningChange, Diff)>, GroupRejection> {
        let proposal = self.proposal();
        let mut checks = self.access().checks(&self.policy);
        checks.extend(proposal.checks(&self.policy, &CheckResults::default()));
        let results = self.results(checks);
        let context = Context {
            actor: &self.actor,
            results: &results,
            policy: &self.policy,
            rules: &NoRules,
            allow_self_lockout: self.allow_self_lockout,
            now: NOW,
            change: CHANGE,
            request_id: Some("request"),
        };
        let checked = proposal.checked(&context)?;
        let outlook = self.outlook(&checked)?;
        checked.decide(&context, outlook)
    }

    pub(super) fn decide(&self) -> Result<Option<ProvisioningChange>, GroupRejection> {
        Ok(self.decided()?.map(|(change, _)| change))
    }

    pub(super) fn change(&self) -> ProvisioningChange {
        self.decide().unwrap().unwrap()
    }

    pub(super) fn outcome(&self) -> String {
        match self.decide() {
            Ok(Some(_)) => "commit".into(),
            Ok(None) => "unchanged".into(),
            Err(GroupRejection::Forbidden(Denial::GrantsSuperuser { .. })) => "grants superuser".into(),
            Err(GroupRejection::Forbidden(Denial::RevokesSuperuser { .. })) => "revokes superuser".into(),
            Err(GroupRejection::Forbidden(Denial::ChildGroups)) => "child groups".into(),
            Err(GroupRejection::Forbidden(_)) => "forbidden".into(),
            Err(GroupRejection::Hidden) => "hidden".into(),
            Err(GroupRejection::Invalid(violations)) => codes(&violations).join(", "),
        }
    }
}
