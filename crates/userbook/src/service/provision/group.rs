//! Writes and deletes groups.

use tracing::Span;

use super::{
    NewGroup,
    group_plan::{GroupPlan, GroupRequest},
    write,
};
use crate::service::{
    GroupError, Outcome, UserService,
    call::Call,
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation},
};
use crate::{
    authz::{Actor, Authorizer, CheckResults},
    event::Diff,
    model::{Group, GroupId},
    store::{CommitOutcome, ProvisioningChange, ProvisioningStore, Scope, StoreError},
};

/// The result of an operation on a group.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupUpdated {
    /// The group after the operation; the deleted group after a deletion.
    pub group: Group,
    /// The difference of the group's fields and members, and `children`: the groups that lose their parent, as far as
    /// the actor may view them.
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
    plan: GroupPlan,
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
    ///
    /// [`Check::ChangeGroup`]: crate::authz::Check::ChangeGroup
    /// [`Check::ViewGroup`]: crate::authz::Check::ViewGroup
    pub fn put_group<'a>(
        &'a self,
        actor: &'a Actor,
        id: GroupId,
        group: NewGroup,
    ) -> WriteGroupCall<'a, S, A> {
        let (write, external_ids) = group.read(id);
        let request = GroupRequest::Put(Box::new(write), external_ids);
        Call::new(self, actor, WriteGroup { plan: GroupPlan { id, request, condition: None, facts: None } })
    }

    /// Deletes a group and its memberships; child groups lose their parent, and the difference names them as
    /// `children`. This requires [`Check::DeleteGroup`] and [`Check::ViewGroup`], and under [`Safeguard::ChildGroups`]
    /// the right to change each child group. The safeguards of [`UserService::put_group`] apply, and each member gets
    /// a revision and an event.
    ///
    /// # Errors
    /// [`GroupError`]; nothing was written then.
    ///
    /// [`Check::DeleteGroup`]: crate::authz::Check::DeleteGroup
    /// [`Check::ViewGroup`]: crate::authz::Check::ViewGroup
    /// [`Safeguard::ChildGroups`]: crate::Safeguard::ChildGroups
    pub fn delete_group<'a>(&'a self, actor: &'a Actor, id: GroupId) -> WriteGroupCall<'a, S, A> {
        let request = GroupRequest::Delete;
        Call::new(self, actor, WriteGroup { plan: GroupPlan { id, request, condition: None, facts: None } })
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
        // The host names members by their ids, visible to the actor or not.
        self.plan.plan(service, call, in_doubt, async |_| Ok(Scope::Everything)).await
    }

    async fn write(
        service: &UserService<S, A>,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        write(service, change).await
    }
}
