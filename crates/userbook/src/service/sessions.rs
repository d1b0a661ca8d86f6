//! Ends sessions, records logins, and answers which sessions are valid.

use tracing::Span;

use super::{
    Outcome, UpdateError, Updated, UserService,
    access::{Access, user_resource},
    call::{Call, Conditional},
    operation::{CallContext, Operation, Plan},
    trace::{display_id, operation, trace_identifiers, traced},
    update::settle,
};
use crate::{
    authz::{Actor, Authorizer, Check},
    decision::{check_rights, deletion_checks, deletion_needs_protection, end_sessions},
    event::Diff,
    model::{SessionEpoch, UserRef},
    store::{ChangeSet, CommitOutcome, SessionStore, SnapshotQuery, StoreError, UserStore},
    violation::Field,
};

/// The end of a user's sessions; see [`UserService::end_sessions`].
pub type EndSessionsCall<'a, S, A> = Call<'a, S, A, EndSessions>;

/// The operation of an [`EndSessionsCall`].
#[derive(Debug)]
pub struct EndSessions {
    target: UserRef,
}

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Ends all sessions of a user: the user gets a new [`session_epoch`](crate::User::session_epoch), a revision, and
    /// an event with [`Effect::RevokeSessions`](crate::event::Effect::RevokeSessions). This requires the rights to
    /// deactivate the user, under the same safeguards. For "sign out everywhere" call it as
    /// [`Actor::system`](crate::Actor::system).
    ///
    /// # Errors
    /// As [`UserService::update_user`].
    pub fn end_sessions<'a>(
        &'a self,
        actor: &'a Actor,
        target: impl Into<UserRef>,
    ) -> EndSessionsCall<'a, S, A> {
        Call::new(self, actor, EndSessions { target: target.into() })
    }
}

impl<S: SessionStore, A> UserService<S, A> {
    /// Records a login of a user now. The host calls it after it has authenticated the user; no right is checked, and
    /// the session epoch stays. Returns whether the user exists.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn record_login(&self, user: impl Into<UserRef>) -> Result<bool, StoreError> {
        let (user, now) = (user.into(), self.clock.now());
        traced(operation!("userbook.record_login"), self.store.record_login(user, now)).await
    }

    /// Returns the session epoch of an active user. A session is valid while its epoch equals this one. `None` means
    /// that no session is valid: the user is inactive or does not exist.
    ///
    /// At a login, read the epoch before you verify the password, best in the statement that reads the hash: see the
    /// guide [logins](crate::docs::passwords_logins_sessions#logins).
    ///
    /// ```
    /// # use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService};
    /// # use userbook_memory::MemoryStore;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
    /// let host = Actor::system();
    /// let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await?.view.user;
    ///
    /// // The host stores the epoch in the session, and compares it with each request.
    /// let session = (ada.uuid, ada.session_epoch);
    /// service.record_login(ada.id).await?;
    /// assert_eq!(service.session_epoch(session.0).await?, Some(session.1));
    ///
    /// service.end_sessions(&host, ada.id).await?;
    /// assert_ne!(service.session_epoch(session.0).await?, Some(session.1));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    pub async fn session_epoch(&self, user: impl Into<UserRef>) -> Result<Option<SessionEpoch>, StoreError> {
        traced(operation!("userbook.session_epoch"), self.store.session_epoch(user.into())).await
    }
}

impl Conditional for EndSessions {}

impl<S: UserStore, A: Authorizer> Operation<S, A> for EndSessions {
    type Output = Updated;
    type Error = UpdateError;
    type Change = ChangeSet;

    fn span(call: &CallContext<'_>) -> Span {
        operation!("userbook.end_sessions", change = display_id(call.change), dry_run = call.options.dry_run)
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
        let checks = vec![Check::View, Check::Change, Check::Set(Field::IsActive)];
        let mut access = service.access(call.actor, &query, checks).await?;
        if let Some(plan) = settle(in_doubt, &access.snapshot) {
            return Ok(plan);
        }
        check_rights(&access.snapshot, call.actor, &access.results)?;
        service.authorize_groups(call.actor, &mut access, &[]).await?;
        let Access { snapshot, mut results, .. } = access;
        if let Some(user) = &snapshot.user
            && deletion_needs_protection(user, &snapshot, call.actor, &service.policy)
        {
            let mut checks = deletion_checks(user, &snapshot.groups, &service.policy, &results);
            checks.retain(|check| !results.contains(*check));
            service.authorize_more(call.actor, user_resource(&snapshot), checks, &mut results).await?;
            service.ensure_user_can_grant(user, &snapshot, &mut results).await;
        }
        let context = call.decision(service, &results);
        let (change, view) = end_sessions(&snapshot, &call.options.conditions, &context)?;
        let updated = |outcome| Updated { view, diff: Diff::new(), outcome, results };
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
