//! Deletes a user.

use tracing::Span;

use super::{settle_deletion, write};
use crate::service::{
    Outcome, UpdateError, Updated, UserService,
    access::{Access, user_resource},
    call::{Call, Conditional},
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation, trace_identifiers, traced},
};
use crate::{
    authz::{Actor, Authorizer, Check},
    decision::{
        Conditions, check_deletion_access, check_deletion_rights, delete, deletion_checks,
        deletion_needs_protection, deletion_needs_superusers,
    },
    model::UserRef,
    service::AccessError,
    store::{CommitOutcome, ProvisioningChange, ProvisioningStore, SnapshotQuery, StoreError},
};

/// The deletion of one user; see [`UserService::delete_user`].
pub type DeleteUserCall<'a, S, A> = Call<'a, S, A, DeleteUser>;

/// The operation of a [`DeleteUserCall`].
#[derive(Debug)]
pub struct DeleteUser {
    target: UserRef,
    /// Facts and verdicts from before the request was read, used by the first attempt.
    access: Option<Access>,
}

/// The right to delete a user, checked before the request is read; see [`UserService::authorize_deletion`].
#[derive(Debug)]
pub struct AuthorizedDeletion<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    target: UserRef,
    access: Access,
    conditions: Conditions,
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    /// Deletes a user with its memberships. Deleting the own account requires a
    /// [confirmation](Call::allow_self_lockout).
    ///
    /// # Errors
    /// As [`UserService::update_user`], with the same safeguards.
    pub fn delete_user<'a>(
        &'a self,
        actor: &'a Actor,
        target: impl Into<UserRef>,
    ) -> DeleteUserCall<'a, S, A> {
        Call::new(self, actor, DeleteUser { target: target.into(), access: None })
    }

    /// Checks that the actor may view and delete the user, and that the user meets the preconditions, before the
    /// request is read. `None` is an impossible id; it costs the same.
    ///
    /// # Errors
    /// As [`UserService::delete_user`], except for the safeguards.
    pub async fn authorize_deletion<'a>(
        &'a self,
        actor: &'a Actor,
        target: Option<UserRef>,
        conditions: Conditions,
    ) -> Result<AuthorizedDeletion<'a, S, A>, UpdateError> {
        traced(operation!("userbook.authorize_deletion"), async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let mut access = self.access(actor, &query, deletion_access_checks()).await?;
            check_deletion_rights(&access.snapshot, actor, &access.results)?;
            self.authorize_groups(actor, &mut access, &[]).await?;
            check_deletion_access(&access.snapshot, actor, &access.results, &self.policy, &conditions)?;
            let target = target.ok_or(AccessError::NotFound)?;
            Ok(AuthorizedDeletion { service: self, actor, target, access, conditions })
        })
        .await
    }
}

/// The checks that do not depend on the user.
fn deletion_access_checks() -> Vec<Check> {
    vec![Check::View, Check::DeleteUser]
}

impl<'a, S: ProvisioningStore, A: Authorizer> AuthorizedDeletion<'a, S, A> {
    /// Deletes the user, under the checked preconditions.
    pub fn delete(self) -> DeleteUserCall<'a, S, A> {
        let Self { service, actor, target, access, conditions } = self;
        Call::new(service, actor, DeleteUser { target, access: Some(access) }).with_conditions(conditions)
    }
}

impl<S, A> SpanOutcome for AuthorizedDeletion<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl Conditional for DeleteUser {}

impl<S: ProvisioningStore, A: Authorizer> Operation<S, A> for DeleteUser {
    type Output = Updated;
    type Error = UpdateError;
    type Change = ProvisioningChange;

    fn span(call: &CallContext<'_>) -> Span {
        operation!("userbook.delete_user", change = display_id(call.change), dry_run = call.options.dry_run)
    }

    async fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ProvisioningChange>,
    ) -> Result<Plan<Updated, ProvisioningChange>, UpdateError> {
        trace_identifiers(call.actor, &self.target);
        let policy = &service.policy;
        let mut query = SnapshotQuery {
            target: Some(self.target),
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..SnapshotQuery::default()
        };
        let conditions = &call.options.conditions;
        let mut access = match self.access.take().filter(|access| access.is_fresh(service)) {
            Some(access) => access,
            None => service.access(call.actor, &query, deletion_access_checks()).await?,
        };
        // At most two iterations: the second one has every fact.
        loop {
            if let Some(plan) = settle_deletion(in_doubt, &access.snapshot) {
                return Ok(plan);
            }
            check_deletion_rights(&access.snapshot, call.actor, &access.results)?;
            service.authorize_groups(call.actor, &mut access, &[]).await?;
            let Access { snapshot, results, .. } = &access;
            let user = check_deletion_access(snapshot, call.actor, results, policy, conditions)?;
            if !deletion_needs_superusers(user, snapshot) {
                break;
            }
            query.other_superusers = true;
            access = service.access(call.actor, &query, deletion_access_checks()).await?;
        }
        let Access { snapshot, mut results, .. } = access;
        let Some(user) = &snapshot.user else { return Err(AccessError::NotFound.into()) };
        let mut more = deletion_checks(user, &snapshot.groups, policy, &results);
        more.retain(|check| !results.contains(*check));
        service.authorize_more(call.actor, user_resource(&snapshot), more, &mut results).await?;
        if deletion_needs_protection(user, &snapshot, call.actor, policy) {
            service.ensure_user_can_grant(user, &snapshot, &mut results).await;
        }
        let (change, view, diff) = delete(&snapshot, conditions, &call.decision(service, &results))?;
        if call.options.dry_run {
            return Ok(Plan::Done(Updated { view, diff, outcome: Outcome::DryRun, results }));
        }
        Ok(Plan::Write(change, Updated { view, diff, outcome: Outcome::Applied(call.change), results }))
    }

    async fn write(
        service: &UserService<S, A>,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        write(service, change).await
    }
}
