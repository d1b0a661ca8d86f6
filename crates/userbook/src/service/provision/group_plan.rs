//! Plans one attempt of a group write: load, authorize, resolve, load what the content names, authorize it, decide.

use std::{collections::BTreeSet, time::Duration};

use super::{
    group_outlook::{OtherMoment, outlook},
    settle_directory,
};
use crate::service::{
    AccessError, GroupError, GroupUpdated, Outcome, UserService,
    access::{directory_resource, is_fresh},
    operation::{CallContext, Plan},
};
use crate::{
    authz::{Actor, Authorizer, Check, CheckResults},
    decision::{
        GroupAccess, GroupCondition, GroupProposal, GroupRejection, GroupWrite, GroupWriteKind,
        MemberProposal, MembersOp, require_active_actor, shown_members,
    },
    event::Diff,
    limits::Limits,
    model::{Group, GroupId, UserId},
    store::{
        DirectoryQuery, DirectorySnapshot, GroupShape, MemberQuery, ProvisioningChange, ProvisioningStore,
        Scope,
    },
    update::{ExternalIdsOp, GroupUpdate, Mode},
};

/// The requested write.
#[derive(Debug)]
pub(super) enum GroupRequest {
    /// Writes these values, whatever the stored group is, and changes its external ids.
    Put(Box<GroupWrite>, ExternalIdsOp),
    /// Creates a group.
    Insert(Box<GroupUpdate>),
    /// Changes the stored group.
    Update(Box<GroupUpdate>),
    /// Deletes the group.
    Delete,
}

/// Facts and verdicts from before the request was read.
#[derive(Debug)]
pub(super) struct GroupFacts {
    pub(super) directory: DirectorySnapshot,
    pub(super) results: CheckResults,
    /// The start of the load, by the monotonic clock.
    pub(super) since: Duration,
}

/// One write, planned again in each attempt.
#[derive(Debug)]
pub(super) struct GroupPlan {
    pub(super) id: GroupId,
    pub(super) request: GroupRequest,
    pub(super) condition: Option<GroupCondition>,
    /// Facts and verdicts from before the request was read, used by the first attempt.
    pub(super) facts: Option<GroupFacts>,
}

impl GroupRequest {
    pub(super) fn kind(&self) -> GroupWriteKind {
        match self {
            Self::Put(..) => GroupWriteKind::Put,
            Self::Insert(_) => GroupWriteKind::Insert,
            Self::Update(_) => GroupWriteKind::Update,
            Self::Delete => GroupWriteKind::Delete,
        }
    }

    /// Returns whether the users have the revisions that the request requires. More users than the limit are not
    /// loaded; the decision rejects them.
    fn has_current_members(&self, directory: &DirectorySnapshot, limits: &Limits) -> bool {
        let (Self::Insert(update) | Self::Update(update)) = self else { return true };
        if update.member_revisions.len() > limits.members_altered {
            return true;
        }
        let revision = |user| directory.members.get(user).map(|state| state.revision);
        update.member_revisions.iter().all(|(user, wanted)| revision(user) == Some(*wanted))
    }

    fn resolve(&self, id: GroupId, before: Option<&Group>) -> GroupWrite {
        match self {
            Self::Put(write, external_ids) => {
                let mut write = GroupWrite::clone(write);
                write.set_external_ids(external_ids, before);
                write
            }
            Self::Insert(update) | Self::Update(update) => GroupWrite::resolve(update, id, before),
            Self::Delete => GroupWrite::delete(),
        }
    }
}

impl GroupPlan {
    /// Returns whether the decision depends on the users that the actor may view.
    pub(super) fn needs_visible_members(&self) -> bool {
        match &self.request {
            GroupRequest::Insert(update) | GroupRequest::Update(update) => {
                update.mode == Mode::Replace || !update.users.is_keep()
            }
            GroupRequest::Put(..) => true,
            GroupRequest::Delete => self.condition.is_some(),
        }
    }

    /// Plans an attempt. `visible` returns the users that the actor may view; it is called after a commit in doubt is
    /// settled, because its failure is a rejection.
    pub(super) async fn plan<S: ProvisioningStore, A: Authorizer>(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ProvisioningChange>,
        visible: impl AsyncFnOnce(&DirectorySnapshot) -> Result<Scope<UserId>, GroupError>,
    ) -> Result<Plan<GroupUpdated, ProvisioningChange>, GroupError> {
        let (id, kind) = (self.id, self.request.kind());
        let mut query = DirectoryQuery {
            groups: BTreeSet::from([id]),
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..DirectoryQuery::default()
        };
        let is_fresh = |facts: &GroupFacts| is_fresh(service, facts.since);
        let facts = if let Some(facts) = self.facts.take().filter(is_fresh) {
            facts
        } else {
            let (directory, since) = service.group_directory(call.actor, &query).await?;
            if let Some(plan) = settle_directory(in_doubt, &directory) {
                return Ok(plan);
            }
            let results = service.authorize_group(call.actor, id, kind, &directory, Vec::new()).await?;
            GroupFacts { directory, results, since }
        };
        let write = self.request.resolve(id, facts.directory.groups.get(id));
        let before = facts.directory.groups.get(id);
        complete(&mut query, &write, (id, before), service.policy.limits().members_altered);
        let directory = service.load_directory(&query).await?;
        if let Some(plan) = settle_directory(in_doubt, &directory) {
            return Ok(plan);
        }
        if directory.groups.get(id) != facts.directory.groups.get(id) {
            // The request was resolved against another state of the group.
            return Ok(Plan::Conflict);
        }
        if !self.request.has_current_members(&directory, service.policy.limits()) {
            return Err(GroupError::Contended { attempts: 1 });
        }
        let visible = visible(&facts.directory).await?;
        self.check_condition(service.policy.limits(), &directory, &write.members, &visible)?;
        self.decide(service, call, (&directory, &facts.results), write, &visible).await
    }

    async fn decide<S: ProvisioningStore, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        (directory, first): (&DirectorySnapshot, &CheckResults),
        write: GroupWrite,
        visible: &Scope<UserId>,
    ) -> Result<Plan<GroupUpdated, ProvisioningChange>, GroupError> {
        let (id, kind) = (self.id, self.request.kind());
        let ids = || service.ids.next_change();
        let members = MemberProposal::new(id, &write.members, &directory.members, visible, ids);
        let proposal = GroupProposal::new(directory, id, kind, write, members);
        let more = proposal.checks(&service.policy, first);
        let results = service.authorize_group(call.actor, id, kind, directory, more).await?;
        let context = call.decision(service, &results);
        let checked = proposal.checked(&context)?;
        let outlook = match outlook(service, call.actor, directory, &checked).await? {
            Ok(outlook) => outlook,
            Err(OtherMoment) => return Ok(Plan::Conflict),
        };
        let mut decided = checked.decide(&context, outlook)?;
        let before = directory.groups.get(id).cloned();
        if let Some((change, _)) = &mut decided {
            service.check_group_rules(call, directory, change).await?;
        }
        let written = decided.as_ref().and_then(|(change, _)| change.op.written_group().cloned());
        let Some(group) = written.or(before) else { return Err(AccessError::NotFound.into()) };
        let updated = |diff, outcome, results| GroupUpdated { group, diff, outcome, results };
        Ok(match decided {
            None => Plan::Done(updated(Diff::new(), Outcome::Unchanged, results)),
            Some((_, diff)) if call.options.dry_run => Plan::Done(updated(diff, Outcome::DryRun, results)),
            Some((change, diff)) => {
                Plan::Write(change, updated(diff, Outcome::Applied(call.change), results))
            }
        })
    }

    /// Requires the precondition. The members count where the write replaces them, as far as the actor sees them. A
    /// write of too many members is rejected for that reason, because they are not loaded.
    fn check_condition(
        &self,
        limits: &Limits,
        directory: &DirectorySnapshot,
        members: &MembersOp,
        visible: &Scope<UserId>,
    ) -> Result<(), GroupError> {
        let (Some(condition), Some(group)) = (&self.condition, directory.groups.get(self.id)) else {
            return Ok(());
        };
        if directory.members.len().max(members.named().len()) > limits.members_altered {
            return Ok(());
        }
        let present = members.replaces().then(|| shown_members(self.id, &directory.members, visible));
        if condition.holds(group, present.as_ref()) { Ok(()) } else { Err(GroupError::Condition) }
    }
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Makes one load and one authorizer call, and requires the right to the write.
    pub(super) async fn group_facts(
        &self,
        actor: &Actor,
        id: GroupId,
        kind: GroupWriteKind,
        query: &DirectoryQuery,
    ) -> Result<GroupFacts, GroupError> {
        let (directory, since) = self.group_directory(actor, query).await?;
        let results = self.authorize_group(actor, id, kind, &directory, Vec::new()).await?;
        Ok(GroupFacts { directory, results, since })
    }

    /// Returns the facts, and the start of the load.
    async fn group_directory(
        &self,
        actor: &Actor,
        query: &DirectoryQuery,
    ) -> Result<(DirectorySnapshot, Duration), AccessError> {
        let since = self.clock.monotonic();
        self.require_some_right(actor)?;
        Ok((self.load_directory(query).await?, since))
    }

    /// Requires the right to the write, and requests the `more` checks.
    async fn authorize_group(
        &self,
        actor: &Actor,
        id: GroupId,
        kind: GroupWriteKind,
        directory: &DirectorySnapshot,
        more: Vec<Check>,
    ) -> Result<CheckResults, GroupError> {
        require_active_actor(actor, directory.actor.as_ref())?;
        let access = GroupAccess { id, exists: directory.groups.contains(id), kind };
        let own = access.checks(&self.policy);
        let more = more.into_iter().filter(|check| !own.contains(check));
        let checks = own.iter().copied().chain(more).collect();
        let results = self.authorize(actor, directory_resource(directory), checks).await?;
        access.require(&self.policy, &results)?;
        Ok(results)
    }
}

/// Requests the facts that the content names.
fn complete(
    query: &mut DirectoryQuery,
    write: &GroupWrite,
    (id, before): (GroupId, Option<&Group>),
    limit: usize,
) {
    let named = write.after.as_ref().filter(|_| write.names_group);
    query.group_name = named.map(|group| group.name.clone());
    query.group_name_except = Some(id);
    query.groups.extend(write.after.as_ref().and_then(|group| group.parent));
    // The groups below gain or lose superuser status only if the group's own position changes.
    let moves = before.map(GroupShape::of) != write.after.as_ref().map(GroupShape::of);
    query.below = moves.then_some(id);
    if write.members != MembersOp::Keep {
        let named = write.members.named();
        // More than the limit are rejected without a load.
        let users = if named.len() > limit { BTreeSet::new() } else { named };
        let limit = u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX);
        let of = write.members.replaces().then_some(id);
        query.members = Some(MemberQuery { of, users, limit });
    }
}

impl From<GroupRejection> for GroupError {
    fn from(rejection: GroupRejection) -> Self {
        match rejection {
            GroupRejection::Hidden => Self::Access(AccessError::NotFound),
            GroupRejection::Forbidden(denial) => denial.into(),
            GroupRejection::Invalid(violations) => Self::Invalid(violations),
        }
    }
}
