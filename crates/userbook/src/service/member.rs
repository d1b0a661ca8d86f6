//! Adds one user to a group, or removes one, with the right to the group's members.

use std::collections::BTreeSet;

use tracing::Span;
use uuid::Uuid;

use super::{
    AccessError, UpdateError, Updated, UserService,
    access::Access,
    call::Call,
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation, trace_identifiers, traced},
    update::{MAX_LOADS, decide_on, settle},
};
use crate::{
    authz::{Actor, Authorizer, Check},
    decision::{LoadRequirements, UpdateAccess, check_member_view, require_allowed},
    model::{GroupId, UserRef},
    store::{ChangeSet, CommitOutcome, SnapshotQuery, StoreError, UserStore},
    update::UserUpdate,
};

/// Whether a user joins or leaves a group.
///
/// Exhaustive: a user joins or leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MembershipAction {
    /// The user joins (authentik's `add_user`).
    Add,
    /// The user leaves (authentik's `remove_user`).
    Remove,
}

/// A change of one membership; see [`UserService::add_member`].
pub type MemberCall<'a, S, A> = Call<'a, S, A, ChangeMember>;

/// The right to change the members of a group, checked before the request is read; see
/// [`UserService::authorize_member_change`].
#[derive(Debug)]
pub struct AuthorizedMemberChange<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    group: GroupId,
    action: MembershipAction,
    access: Access,
}

/// The operation of a [`MemberCall`].
#[derive(Debug)]
pub struct ChangeMember {
    group: GroupId,
    action: MembershipAction,
    target: Option<UserRef>,
    /// Facts and verdicts from before the request was read, used by the first attempt.
    access: Option<Access>,
}

impl MembershipAction {
    fn check(self, group: GroupId) -> Check {
        match self {
            Self::Add => Check::AddMember(group),
            Self::Remove => Check::RemoveMember(group),
        }
    }

    fn update(self, group: GroupId) -> UserUpdate {
        match self {
            Self::Add => UserUpdate::patch().join_group(group),
            Self::Remove => UserUpdate::patch().leave_group(group),
        }
    }
}

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Adds a user to a group. Requires [`Check::AddMember`] on the group, [`Check::View`] on the user, and the right
    /// to grant what the group grants. The right to change the user does not matter.
    ///
    /// # Errors
    /// As [`UserService::update_user`]; [`AccessError::NotFound`] also if the group does not exist.
    pub fn add_member<'a>(
        &'a self,
        actor: &'a Actor,
        group: GroupId,
        user: impl Into<UserRef>,
    ) -> MemberCall<'a, S, A> {
        self.change_member(actor, group, MembershipAction::Add, user.into())
    }

    /// Removes a user from a group, like [`UserService::add_member`]; requires [`Check::RemoveMember`].
    ///
    /// # Errors
    /// As [`UserService::add_member`].
    pub fn remove_member<'a>(
        &'a self,
        actor: &'a Actor,
        group: GroupId,
        user: impl Into<UserRef>,
    ) -> MemberCall<'a, S, A> {
        self.change_member(actor, group, MembershipAction::Remove, user.into())
    }

    fn change_member<'a>(
        &'a self,
        actor: &'a Actor,
        group: GroupId,
        action: MembershipAction,
        user: UserRef,
    ) -> MemberCall<'a, S, A> {
        Call::new(self, actor, ChangeMember { group, action, target: Some(user), access: None })
    }

    /// Checks that the actor may change the members of the group, before the request names a user. `None` is an
    /// impossible group id.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] if the group does not exist, for every actor (as recorded), [`AccessError::Forbidden`]
    /// without the right.
    pub async fn authorize_member_change<'a>(
        &'a self,
        actor: &'a Actor,
        group: Option<GroupId>,
        action: MembershipAction,
    ) -> Result<AuthorizedMemberChange<'a, S, A>, AccessError> {
        traced(operation!("userbook.authorize_member_change"), async {
            let access = self.member_access(actor, group, action).await?;
            let group = group.ok_or(AccessError::NotFound)?;
            Ok(AuthorizedMemberChange { service: self, actor, group, action, access })
        })
        .await
    }

    async fn member_access(
        &self,
        actor: &Actor,
        group: Option<GroupId>,
        action: MembershipAction,
    ) -> Result<Access, AccessError> {
        let query = SnapshotQuery {
            groups: group.into_iter().collect(),
            actor: actor.user_id(),
            ..SnapshotQuery::default()
        };
        // An impossible id costs the same as a missing group.
        let check = action.check(group.unwrap_or(GroupId(Uuid::nil())));
        let access = self.directory_access(actor, &query, vec![check]).await?;
        if !group.is_some_and(|group| access.snapshot.groups.contains(group)) {
            return Err(AccessError::NotFound);
        }
        require_allowed(&access.results, check).map_err(AccessError::Forbidden)?;
        Ok(access)
    }
}

impl<'a, S: UserStore, A: Authorizer> AuthorizedMemberChange<'a, S, A> {
    /// Makes the change for the user of the request; `None` is an impossible user id.
    pub fn user(self, user: Option<UserRef>) -> MemberCall<'a, S, A> {
        let Self { service, actor, group, action, access } = self;
        Call::new(service, actor, ChangeMember { group, action, target: user, access: Some(access) })
    }
}

impl<S, A> SpanOutcome for AuthorizedMemberChange<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<S: UserStore, A: Authorizer> Operation<S, A> for ChangeMember {
    type Output = Updated;
    type Error = UpdateError;
    type Change = ChangeSet;

    fn span(call: &CallContext<'_>) -> Span {
        operation!("userbook.change_member", change = display_id(call.change), dry_run = call.options.dry_run)
    }

    async fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ChangeSet>,
    ) -> Result<Plan<Updated, ChangeSet>, UpdateError> {
        let Self { group, action, target, access } = self;
        let (group, action) = (*group, *action);
        let member = match access.take().filter(|access| access.is_fresh(service)) {
            Some(access) => access,
            None => service.member_access(call.actor, Some(group), action).await?,
        };
        if let Some(target) = target {
            trace_identifiers(call.actor, target);
        }
        let mut query = SnapshotQuery {
            target: *target,
            groups: BTreeSet::from([group]),
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..SnapshotQuery::default()
        };
        let policy = &service.policy;
        // Checks the right to the members again with the user, because an authorizer may make exceptions for some
        // users.
        let checks = || vec![Check::View, action.check(group)];
        let update = action.update(group);
        let ops = update.fields().ok_or(AccessError::NotFound)?;
        let mut loaded = LoadRequirements { groups: BTreeSet::from([group]), ..LoadRequirements::default() };
        let mut rounds = 0;
        let access = loop {
            let mut access = service.access(call.actor, &query, checks()).await?;
            if let Some(plan) = settle(in_doubt, &access.snapshot) {
                return Ok(plan);
            }
            access.results.extend(member.results.clone());
            // What follows depends on the user, so it must not happen for a user that the actor may not see.
            check_member_view(&access.snapshot, call.actor, &access.results)?;
            service.authorize_groups(call.actor, &mut access, &[group]).await?;
            let Some(user) = &access.snapshot.user else { break access };
            if !access.snapshot.groups.contains(group) {
                return Err(AccessError::NotFound.into());
            }
            let required = LoadRequirements::of_update(user, &access.snapshot, ops, policy);
            if required.is_covered_by(&loaded) {
                break access;
            }
            rounds += 1;
            if rounds > MAX_LOADS {
                return Ok(Plan::Conflict);
            }
            loaded.extend(required);
            loaded.apply(&mut query);
            query.groups.insert(group);
        };
        decide_on(service, call, access, Ok(ops), UpdateAccess::Member(action.check(group))).await
    }

    async fn write(service: &UserService<S, A>, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        service.store.commit(change).await
    }
}
