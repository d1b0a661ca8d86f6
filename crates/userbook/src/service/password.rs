//! Records that a user's password changes, and checks the right to create recovery links.

use tracing::Span;

use super::{
    AccessError, UpdateError, Updated, UserService,
    access::Access,
    call::{Call, Conditional},
    operation::{CallContext, Operation, Plan},
    trace::{SpanOutcome, display_id, operation, trace_identifiers, traced},
    update::settle,
};
use crate::{
    authz::{Actor, Authorizer},
    decision::{
        Conditions, change_password, check_password_access, check_password_rights, deletion_needs_protection,
        password_checks,
    },
    model::{User, UserRef},
    service::Outcome,
    store::{ChangeSet, CommitOutcome, SnapshotQuery, StoreError, UserStore},
};

/// A change of a password; see [`UserService::record_password_change`].
pub type PasswordCall<'a, S, A> = Call<'a, S, A, ChangePassword>;

/// The right to set a user's password, checked before the request is read.
#[derive(Debug)]
pub struct AuthorizedPasswordChange<'a, S, A> {
    service: &'a UserService<S, A>,
    actor: &'a Actor,
    target: UserRef,
    user: User,
    access: Access,
    conditions: Conditions,
}

/// The operation of a [`PasswordCall`].
#[derive(Debug)]
pub struct ChangePassword {
    target: UserRef,
    /// Facts and verdicts from before the request was read, used by the first attempt.
    access: Option<Access>,
}

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Checks that the actor may set the password of the user, or create a recovery link for it, before the request is
    /// read. Requires [`Check::View`](crate::authz::Check::View) and
    /// [`Check::SetPassword`](crate::authz::Check::SetPassword). Under
    /// [`Safeguard::ProtectPrivileged`](crate::Safeguard::ProtectPrivileged) only superusers set the password of
    /// another privileged user. `None` is an impossible id; it costs the same.
    ///
    /// The core does not know passwords. The host prepares the new one, calls
    /// [`change`](AuthorizedPasswordChange::change), which records the change with an event that ends the user's
    /// sessions, and stores the new password after the commit.
    ///
    /// # Errors
    /// As [`UserService::update_user`], except for errors about values.
    pub async fn authorize_password_change<'a>(
        &'a self,
        actor: &'a Actor,
        target: Option<UserRef>,
        conditions: Conditions,
    ) -> Result<AuthorizedPasswordChange<'a, S, A>, UpdateError> {
        traced(operation!("userbook.authorize_password_change"), async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let mut access = self.access(actor, &query, password_checks()).await?;
            self.complete_password_access(actor, &mut access).await?;
            let Access { snapshot, results, .. } = &access;
            let user = check_password_access(snapshot, actor, results, &self.policy, &conditions)?.clone();
            let target = target.ok_or(AccessError::NotFound)?;
            Ok(AuthorizedPasswordChange { service: self, actor, target, user, access, conditions })
        })
        .await
    }

    /// Records that the password of a user has changed: the time of the change, a revision, and an event that ends the
    /// user's sessions. The core does not know passwords. A host that has authenticated the user itself, by the old
    /// password or a recovery link, calls it as [`Actor::system`](crate::Actor::system). Another actor needs the rights
    /// of [`authorize_password_change`](Self::authorize_password_change).
    ///
    /// ```
    /// # use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService};
    /// # use userbook_memory::MemoryStore;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
    /// let host = Actor::system();
    /// let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await?.view.user;
    ///
    /// let changed = service.record_password_change(&host, ada.uuid).await?.view.user;
    /// assert!(changed.password_change_date > ada.password_change_date);
    /// assert_ne!(changed.session_epoch, ada.session_epoch);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`UserService::update_user`], except for errors about values.
    pub fn record_password_change<'a>(
        &'a self,
        actor: &'a Actor,
        target: impl Into<UserRef>,
    ) -> PasswordCall<'a, S, A> {
        Call::new(self, actor, ChangePassword { target: target.into(), access: None })
    }

    /// Requires the rights, and requests which groups the actor may view and whether the user can grant.
    async fn complete_password_access(&self, actor: &Actor, access: &mut Access) -> Result<(), UpdateError> {
        check_password_rights(&access.snapshot, actor, &access.results)?;
        self.authorize_groups(actor, access, &[]).await?;
        let Access { snapshot, results, .. } = access;
        if let Some(user) = &snapshot.user
            && deletion_needs_protection(user, snapshot, actor, &self.policy)
        {
            self.ensure_user_can_grant(user, snapshot, results).await;
        }
        Ok(())
    }
}

impl<'a, S: UserStore, A: Authorizer> AuthorizedPasswordChange<'a, S, A> {
    /// Returns the user before the change.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Records the change: the time of the change, a revision, and an event.
    pub fn change(self) -> PasswordCall<'a, S, A> {
        let Self { service, actor, target, access, conditions, .. } = self;
        Call::new(service, actor, ChangePassword { target, access: Some(access) }).with_conditions(conditions)
    }
}

impl<S, A> SpanOutcome for AuthorizedPasswordChange<'_, S, A> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl Conditional for ChangePassword {}

impl<S: UserStore, A: Authorizer> Operation<S, A> for ChangePassword {
    type Output = Updated;
    type Error = UpdateError;
    type Change = ChangeSet;

    fn span(call: &CallContext<'_>) -> Span {
        operation!(
            "userbook.change_password",
            change = display_id(call.change),
            dry_run = call.options.dry_run
        )
    }

    async fn plan(
        &mut self,
        service: &UserService<S, A>,
        call: &CallContext<'_>,
        in_doubt: Option<&ChangeSet>,
    ) -> Result<Plan<Updated, ChangeSet>, UpdateError> {
        trace_identifiers(call.actor, &self.target);
        let query = SnapshotQuery {
            target: Some(self.target),
            actor: call.actor.user_id(),
            change: in_doubt.map(|_| call.change),
            ..SnapshotQuery::default()
        };
        let mut access = match self.access.take().filter(|access| access.is_fresh(service)) {
            Some(access) => access,
            None => service.access(call.actor, &query, password_checks()).await?,
        };
        if let Some(plan) = settle(in_doubt, &access.snapshot) {
            return Ok(plan);
        }
        service.complete_password_access(call.actor, &mut access).await?;
        let Access { snapshot, results, .. } = access;
        let conditions = &call.options.conditions;
        let (change, view, diff) = change_password(&snapshot, conditions, &call.decision(service, &results))?;
        let updated = |outcome| Updated { view, diff, outcome, results };
        Ok(if call.options.dry_run {
            Plan::Done(updated(Outcome::DryRun))
        } else {
            Plan::Write(change, updated(Outcome::Applied(call.change)))
        })
    }

    async fn write(service: &UserService<S, A>, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        service.store.commit(change).await
    }
}
