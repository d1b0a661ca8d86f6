//! Writes and deletes groups.

use std::collections::BTreeSet;

use tracing::Span;

use super::{NewGroup, settle_directory, write};
use crate::service::{
    AccessError, GroupError, Outcome, UserService,
    access::directory_resource,
    call::Call,
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation},
};
use crate::{
    authz::{Actor, Authorizer, Check, CheckResults},
    decision::{GroupAccess, GroupProposal, GroupRejection, MemberProposal, MembersOp, require_active_actor},
    event::Diff,
    model::{Group, GroupId},
    policy::Safeguard,
    store::{
        CommitOutcome, DirectoryQuery, DirectorySnapshot, MemberQuery, ProvisioningChange, ProvisioningStore,
        StoreError, SuperuserQuery, Superusers,
    },
    violation::{GroupField, Violations},
};

/// The result of an operation on a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupUpdated {
    /// The group after the operation; the deleted group after a deletion.
    pub group: Group,
    /// The difference of the group's fields and members.
    pub diff: Diff,
    /// How the operation ended.
    pub outcome: Outcome,
    /// The authorizer's verdicts.
    pub results: CheckResults,
}

impl SpanOutcome for GroupUpdated {
    fn outcome(&self) -> &'static str {
        self.outcome.as_str()
    }
}

/// The write or deletion of one group; see [`UserService::put_group`] and [`UserService::delete_group`].
pub type WriteGroupCall<'a, S, A> = Call<'a, S, A, WriteGroup>;

/// The operation of a [`WriteGroupCall`].
#[derive(Debug)]
pub struct WriteGroup {
    id: GroupId,
    /// `None` deletes the group.
    group: Option<Group>,
    members: MembersOp,
    violations: Violations<GroupField>,
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Creates the group with this id, or overwrites it. Overwriting requires [`Check::ChangeGroup`] and, because the
    /// result shows the stored group, [`Check::ViewGroup`]. Making a group grant superuser status, by its flag, its
    /// parent or its members, requires the right to grant that status, even if the group or the member has the status
    /// from another group as well; so does the reverse. The last superuser is protected, and giving up the own status
    /// requires a [confirmation](Call::allow_self_lockout). Each user who joins or leaves gets a revision and an event
    /// in the same commit.
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written then.
    pub fn put_group<'a>(
        &'a self,
        actor: &'a Actor,
        id: GroupId,
        group: NewGroup,
    ) -> WriteGroupCall<'a, S, A> {
        let (group, members, violations) = group.read(id);
        Call::new(self, actor, WriteGroup { id, group: Some(group), members, violations })
    }

    /// Deletes a group and its memberships; child groups lose their parent. This requires [`Check::DeleteGroup`] and
    /// [`Check::ViewGroup`]. The safeguards of [`UserService::put_group`] apply, and each member gets a revision and an
    /// event.
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written then.
    pub fn delete_group<'a>(&'a self, actor: &'a Actor, id: GroupId) -> WriteGroupCall<'a, S, A> {
        let members = MembersOp::Replace(BTreeSet::new());
        Call::new(self, actor, WriteGroup { id, group: None, members, violations: Violations::default() })
    }
}

impl<S: ProvisioningStore, A: Authorizer> Operation<S, A> for WriteGroup {
    type Output = GroupUpdated;
    type Error = GroupError;
    type Change = ProvisioningChange;

    fn span(call: &CallContext<'_>) -> Span {
        operation!("userbook.write_group", change = display_id(call.change), dry_run = call.options.dry_run)
    }

    async fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ProvisioningChange>,
    ) -> Result<Plan<GroupUpdated, ProvisioningChange>, GroupError> {
        let mut query = DirectoryQuery {
            groups: BTreeSet::from([self.id]),
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..DirectoryQuery::default()
        };
        service.require_some_right(call.actor)?;
        let directory = service.load_directory(&query).await?;
        if let Some(plan) = settle_directory(in_doubt, &directory) {
            return Ok(plan);
        }
        let first = self.authorize(service, call, &directory, Vec::new()).await?;

        self.complete(&mut query, service);
        let directory = service.load_directory(&query).await?;
        if let Some(plan) = settle_directory(in_doubt, &directory) {
            return Ok(plan);
        }
        let ids = || service.ids.next_change();
        let members = MemberProposal::new(self.id, &self.members, &directory.members, ids);
        let proposal = GroupProposal::new(&directory, self.id, self.group.clone(), members);
        let results =
            self.authorize(service, call, &directory, proposal.checks(&service.policy, &first)).await?;
        let superusers = match superusers(service, &directory, &proposal).await? {
            Ok(superusers) => superusers,
            Err(OtherMoment) => return Ok(Plan::Conflict),
        };
        let before = directory.groups.get(self.id).cloned();
        let context = call.decision(service, &results);
        let decided = proposal.decide(&context, self.violations.clone(), superusers);
        let written = match &decided {
            Ok(Some((change, _))) => change.op.written_group().cloned(),
            _ => None,
        };
        let Some(group) = written.or(before) else { return Err(AccessError::NotFound.into()) };
        let updated = |diff, outcome, results| GroupUpdated { group, diff, outcome, results };
        match decided {
            Ok(None) => Ok(Plan::Done(updated(Diff::new(), Outcome::Unchanged, results))),
            Ok(Some((_, diff))) if call.options.dry_run => {
                Ok(Plan::Done(updated(diff, Outcome::DryRun, results)))
            }
            Ok(Some((change, diff))) => {
                Ok(Plan::Write(change, updated(diff, Outcome::Applied(call.change), results)))
            }
            Err(GroupRejection::Forbidden(denial)) => Err(denial.into()),
            Err(GroupRejection::Invalid(violations)) => Err(GroupError::Invalid(violations)),
        }
    }

    async fn write(
        service: &UserService<S, A>,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        write(service, change).await
    }
}

impl WriteGroup {
    /// Requires the right to the write, and the `more` checks.
    async fn authorize<S, A: Authorizer>(
        &self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        directory: &DirectorySnapshot,
        more: Vec<Check>,
    ) -> Result<CheckResults, GroupError>
    where
        S: ProvisioningStore,
    {
        require_active_actor(call.actor, directory.actor.as_ref())?;
        let (exists, deletes) = (directory.groups.contains(self.id), self.group.is_none());
        let access = GroupAccess { id: self.id, exists, deletes };
        let mut checks = access.checks(&service.policy);
        for check in more {
            if !checks.contains(&check) {
                checks.push(check);
            }
        }
        let results = service.authorize(call.actor, directory_resource(directory), checks).await?;
        access.require(&service.policy, &results)?;
        Ok(results)
    }

    /// Requests the checks of the content.
    fn complete<S, A>(&self, query: &mut DirectoryQuery, service: &UserService<S, A>) {
        query.group_name = self.group.as_ref().map(|group| group.name.clone());
        query.groups.extend(self.group.as_ref().and_then(|group| group.parent));
        query.shape = true;
        if self.members != MembersOp::Keep {
            let limit = service.policy.limits().members_altered;
            let named = self.members.named();
            // More than the limit are rejected without a load.
            let users = if named.len() > limit { BTreeSet::new() } else { named };
            let limit = u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX);
            let of = self.members.replaces().then_some(self.id);
            query.members = Some(MemberQuery { of, users, limit });
        }
    }
}

/// The facts of two loads are from different moments.
struct OtherMoment;

/// Returns the superusers before and after the write, if the write revokes superuser status.
async fn superusers<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    proposal: &GroupProposal<'_>,
) -> Result<Result<Option<(Superusers, Superusers)>, OtherMoment>, GroupError> {
    if !service.policy.has(Safeguard::LastSuperuser) || !proposal.needs_superusers() {
        return Ok(Ok(None));
    }
    let before = load_superusers(service, directory, proposal.superusers_before()).await?;
    let after = load_superusers(service, directory, proposal.superusers_after()).await?;
    Ok(before.zip(after).map(Some).ok_or(OtherMoment))
}

/// Returns `None` if the counters have changed since `directory` was loaded.
async fn load_superusers<S: ProvisioningStore, A: Authorizer>(
    service: &UserService<S, A>,
    directory: &DirectorySnapshot,
    superusers: SuperuserQuery,
) -> Result<Option<Superusers>, GroupError> {
    let query = DirectoryQuery { superusers: Some(superusers), ..DirectoryQuery::default() };
    let answer = service.load_directory(&query).await?;
    let same = answer.epochs.graph == directory.epochs.graph
        && answer.epochs.superusers == directory.epochs.superusers;
    Ok(same.then_some(answer.superusers))
}
