//! Creates, changes and deletes groups for callers who name them in requests: with authorization before the request is
//! read, preconditions, and members limited to users that the actor may view.

use tracing::Span;
use uuid::Uuid;

use super::{
    GroupUpdated,
    group_plan::{GroupFacts, GroupPlan, GroupRequest},
    write,
};
use crate::service::{
    AccessError, GroupError, UserService,
    call::Call,
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation, step, traced},
};
use crate::{
    authz::{Actor, ActorView, Authorizer, ListAuthorizer},
    decision::{GroupCondition, GroupWriteKind},
    model::{GroupId, UserId},
    policy::Safeguard,
    store::{
        CommitOutcome, DirectoryQuery, DirectorySnapshot, ProvisioningChange, ProvisioningStore, Scope,
        StoreError,
    },
    update::GroupUpdate,
};

/// The creation, change or deletion of one group; see [`UserService::authorize_group_insertion`],
/// [`UserService::authorize_group_update`] and [`UserService::authorize_group_deletion`].
pub type UpdateGroupCall<'a, S, A> = Call<'a, S, A, UpdateGroup>;

/// The operation of an [`UpdateGroupCall`].
#[derive(Debug)]
pub struct UpdateGroup {
    plan: GroupPlan,
}

/// The right to write a group, checked before the request is read.
#[derive(Debug)]
pub struct AuthorizedGroupWrite<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    id: GroupId,
    kind: GroupWriteKind,
    condition: Option<GroupCondition>,
    facts: GroupFacts,
}

/// The right to delete a group, checked before the request is read.
#[derive(Debug)]
pub struct AuthorizedGroupDeletion<'a, S, A>(AuthorizedGroupWrite<'a, S, A>);

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Checks that the actor may create groups, before the request is read.
    /// [`AuthorizedGroupWrite::update`] continues with the same facts if they are at most 250 ms old.
    ///
    /// # Errors
    /// [`GroupError`], except for errors about values.
    pub async fn authorize_group_insertion<'a>(
        &'a self,
        actor: &'a Actor,
    ) -> Result<AuthorizedGroupWrite<'a, S, A>, GroupError> {
        let id = GroupId(self.ids.next_uuid());
        self.authorize_group_write(actor, Some(id), GroupWriteKind::Insert, None).await
    }

    /// Checks that the actor may view and change the group, and that the group meets the precondition as far as it does
    /// not depend on the members, before the request is read. `None` is an impossible id; it costs the same.
    ///
    /// # Errors
    /// [`GroupError`], except for errors about values.
    pub async fn authorize_group_update<'a>(
        &'a self,
        actor: &'a Actor,
        id: Option<GroupId>,
        condition: Option<GroupCondition>,
    ) -> Result<AuthorizedGroupWrite<'a, S, A>, GroupError> {
        self.authorize_group_write(actor, id, GroupWriteKind::Update, condition).await
    }

    /// Checks that the actor may view and delete the group, like [`UserService::authorize_group_update`].
    ///
    /// # Errors
    /// [`GroupError`], except for the safeguards.
    pub async fn authorize_group_deletion<'a>(
        &'a self,
        actor: &'a Actor,
        id: Option<GroupId>,
        condition: Option<GroupCondition>,
    ) -> Result<AuthorizedGroupDeletion<'a, S, A>, GroupError> {
        let write = self.authorize_group_write(actor, id, GroupWriteKind::Delete, condition).await?;
        Ok(AuthorizedGroupDeletion(write))
    }

    async fn authorize_group_write<'a>(
        &'a self,
        actor: &'a Actor,
        id: Option<GroupId>,
        kind: GroupWriteKind,
        condition: Option<GroupCondition>,
    ) -> Result<AuthorizedGroupWrite<'a, S, A>, GroupError> {
        traced(operation!("userbook.authorize_group_write"), async {
            // An impossible id costs the same as a missing group.
            let named = id.unwrap_or(GroupId(Uuid::nil()));
            let query = group_query(actor, id);
            let facts = self.group_facts(actor, named, kind, &query).await?;
            let id = id.ok_or(AccessError::NotFound)?;
            if let (Some(condition), Some(group)) = (&condition, facts.directory.groups.get(id))
                && !condition.holds(group, None)
            {
                return Err(GroupError::Condition);
            }
            Ok(AuthorizedGroupWrite { service: self, actor, id, kind, condition, facts })
        })
        .await
    }
}

impl<S, A> AuthorizedGroupWrite<'_, S, A> {
    /// Returns the group; a new group has a new id.
    pub fn id(&self) -> GroupId {
        self.id
    }
}

impl<'a, S: ProvisioningStore, A: ListAuthorizer> AuthorizedGroupWrite<'a, S, A> {
    /// Makes the change of the request.
    pub fn update(self, update: GroupUpdate) -> UpdateGroupCall<'a, S, A> {
        let Self { service, actor, id, kind, condition, facts } = self;
        let update = Box::new(update);
        let request = match kind {
            GroupWriteKind::Insert => GroupRequest::Insert(update),
            _ => GroupRequest::Update(update),
        };
        let plan = GroupPlan { id, request, condition, facts: Some(facts) };
        Call::new(service, actor, UpdateGroup { plan })
    }
}

impl<'a, S: ProvisioningStore, A: ListAuthorizer> AuthorizedGroupDeletion<'a, S, A> {
    /// Deletes the group, under the checked precondition.
    pub fn delete(self) -> UpdateGroupCall<'a, S, A> {
        let AuthorizedGroupWrite { service, actor, id, condition, facts, .. } = self.0;
        let plan = GroupPlan { id, request: GroupRequest::Delete, condition, facts: Some(facts) };
        Call::new(service, actor, UpdateGroup { plan })
    }
}

impl<S, A> SpanOutcome for AuthorizedGroupWrite<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

fn group_query(actor: &Actor, id: Option<GroupId>) -> DirectoryQuery {
    DirectoryQuery { groups: id.into_iter().collect(), actor: actor.user_id(), ..DirectoryQuery::default() }
}

impl<S: ProvisioningStore, A: ListAuthorizer> Operation<S, A> for UpdateGroup {
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
        let needed = self.plan.needs_visible_members();
        let visible = async |directory: &DirectorySnapshot| {
            if needed { visible_members(service, call.actor, directory).await } else { Ok(Scope::Everything) }
        };
        self.plan.plan(service, call, in_doubt, visible).await
    }

    async fn write(
        service: &UserService<S, A>,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        write(service, change).await
    }
}

/// Returns the users that the actor may add and remove, and that a precondition compares: the users that the actor may
/// view.
async fn visible_members<S, A: ListAuthorizer>(
    service: &UserService<S, A>,
    actor: &Actor,
    directory: &DirectorySnapshot,
) -> Result<Scope<UserId>, GroupError> {
    if !service.policy.has(Safeguard::HideMembers) {
        return Ok(Scope::Everything);
    }
    let state = directory.actor.as_ref();
    let state = state.map(|state| ActorView { state, groups: &directory.groups });
    Ok(traced(step!("authorize"), service.authorizer().visible_users(actor, state)).await?)
}
