//! Writing and deleting groups.

use std::collections::BTreeSet;

use tracing::Span;

use super::{Plan, Task};
use crate::service::trace::{display_id, operation};
use crate::{
    AccessError, Actor, Attributes, Authorizer, ChangeId, DirectoryQuery, DirectorySnapshot, Group,
    GroupError, GroupField, GroupId, GroupName, ProvisioningStore, Resource, UserService, ViolationKind,
    Violations,
    decide::{GroupProposal, GroupRejection, GroupWrite, require_active_actor},
    field::FieldErrors,
};

/// A group to be written.
///
/// ```
/// use userbook::NewGroup;
/// let group = NewGroup::new("admins").superuser(true);
/// # let _ = group;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewGroup {
    name: Result<GroupName, FieldErrors>,
    is_superuser: bool,
    parent: Option<GroupId>,
    attributes: Result<Attributes, FieldErrors>,
}

impl NewGroup {
    /// A group with this name, without power, parent or attributes.
    pub fn new(name: impl TryInto<GroupName, Error = FieldErrors>) -> Self {
        Self {
            name: name.try_into(),
            is_superuser: false,
            parent: None,
            attributes: Ok(Attributes::default()),
        }
    }

    /// Whether its members, and those of groups below, are superusers.
    #[must_use]
    pub fn superuser(mut self, is_superuser: bool) -> Self {
        self.is_superuser = is_superuser;
        self
    }

    /// The group above.
    #[must_use]
    pub fn parent(mut self, parent: impl Into<Option<GroupId>>) -> Self {
        self.parent = parent.into();
        self
    }

    /// Its attributes.
    #[must_use]
    pub fn attributes(mut self, attributes: impl TryInto<Attributes, Error = FieldErrors>) -> Self {
        self.attributes = attributes.try_into();
        self
    }

    /// The group, as far as it is right, and what is wrong with it.
    fn read(&self, id: GroupId) -> (Group, Violations<GroupField>) {
        let mut violations = Violations::default();
        let mut note = |field, faults: &FieldErrors| {
            faults.iter().for_each(|fault: &ViolationKind| violations.push(field, fault.clone()));
        };
        let name = self.name.as_ref().inspect_err(|faults| note(GroupField::Name, faults));
        let attributes = self.attributes.as_ref().inspect_err(|faults| note(GroupField::Attributes, faults));
        let group = Group {
            id,
            name: name.map(|name| name.as_str().to_owned()).unwrap_or_default(),
            is_superuser: self.is_superuser,
            parent: self.parent,
            attributes: attributes.map(|it| it.as_value().clone()).unwrap_or_default(),
        };
        (group, violations)
    }
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Makes the group with this id, or overwrites it. Making it one that grants power, by its flag or by its
    /// parent, needs the right to; taking power from the last active superuser is refused, and from oneself
    /// unless one says that one means it.
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written then.
    pub async fn put_group(
        &self,
        actor: &Actor,
        id: GroupId,
        group: NewGroup,
        allow_self_lockout: bool,
    ) -> Result<Group, GroupError> {
        let (group, violations) = group.read(id);
        let task = WriteGroup { actor, id, group: Some(group.clone()), violations, allow_self_lockout };
        self.carry_out(task).await.map(|()| group)
    }

    /// Deletes a group and the memberships in it; groups below lose their parent. Under the same guards as
    /// [`UserService::put_group`].
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written then.
    pub async fn delete_group(
        &self,
        actor: &Actor,
        id: GroupId,
        allow_self_lockout: bool,
    ) -> Result<(), GroupError> {
        let violations = Violations::default();
        self.carry_out(WriteGroup { actor, id, group: None, violations, allow_self_lockout }).await
    }
}

struct WriteGroup<'a> {
    actor: &'a Actor,
    id: GroupId,
    /// `None` deletes it.
    group: Option<Group>,
    violations: Violations<GroupField>,
    allow_self_lockout: bool,
}

impl Task for WriteGroup<'_> {
    type Done = ();
    type Error = GroupError;

    fn span(change: ChangeId) -> Span {
        operation!("userbook.write_group", change = display_id(change))
    }

    async fn plan<S: ProvisioningStore, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        change: ChangeId,
    ) -> Result<Plan<()>, GroupError> {
        let query = DirectoryQuery {
            group_name: self.group.as_ref().map(|group| group.name.clone()),
            groups: [Some(self.id), self.group.as_ref().and_then(|group| group.parent)]
                .into_iter()
                .flatten()
                .collect(),
            actor: self.actor.user_id(),
            shape: true,
            ..DirectoryQuery::default()
        };
        let directory = service.load_directory(&query).await?;
        require_active_actor(self.actor, directory.actor.as_ref())?;
        let proposal = GroupProposal::new(&directory, self.actor, self.id, self.group.clone());
        let results = service.ask(self.actor, Resource::Directory(&directory), proposal.checks()).await?;
        let Some(removes_last_superuser) = removes_last_superuser(service, &directory, &proposal).await?
        else {
            return Ok(Plan::Again);
        };
        let mut violations = self.violations.clone();
        proposal.check_values(&mut violations);
        let write = GroupWrite {
            results: &results,
            policy: &service.policy,
            allow_self_lockout: self.allow_self_lockout,
            removes_last_superuser,
            now: service.clock.now(),
            change,
        };
        match proposal.decide(&write, violations) {
            Ok(Some(provision)) => Ok(Plan::Write(Box::new(provision), ())),
            Ok(None) if self.group.is_none() => Err(AccessError::NotFound.into()),
            Ok(None) => Ok(Plan::Done(())),
            Err(GroupRejection::Forbidden(denial)) => Err(denial.into()),
            Err(GroupRejection::Invalid(violations)) => Err(GroupError::Invalid(violations)),
        }
    }
}

/// Whether somebody would lose power and nobody have any; `None` if the answers are of another moment than the
/// directory. (The epochs tell: all of it is committed only while they stand.)
async fn removes_last_superuser<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    proposal: &GroupProposal<'_>,
) -> Result<Option<bool>, GroupError> {
    if proposal.lost.is_empty() {
        return Ok(Some(false));
    }
    for (groups, found) in [(&proposal.granting_after, false), (&proposal.lost, true)] {
        let answer = active_member(service, directory, groups).await?;
        // Somebody keeps power, or nobody loses any: either way it is no loss.
        if answer != Some(found) {
            return Ok(answer.map(|_| false));
        }
    }
    Ok(Some(true))
}

async fn active_member<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    groups: &BTreeSet<GroupId>,
) -> Result<Option<bool>, GroupError> {
    let query = DirectoryQuery { active_member_of: Some(groups.clone()), ..DirectoryQuery::default() };
    let answer = service.load_directory(&query).await?;
    let same = answer.epochs.graph == directory.epochs.graph
        && answer.epochs.superusers == directory.epochs.superusers;
    Ok(same.then_some(answer.active_member))
}
