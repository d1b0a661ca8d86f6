//! Reading one user, and the refusals that reading and changing share.

use super::{
    AccessError, UpdateError, UserService,
    acting::view,
    trace::{operation, step, trace_identifiers, traced},
};
use crate::{
    ANONYMOUS_USERNAME, Actor, Authorizer, AuthorizerError, Check, CheckResults, Conditions, Denial,
    Resource, Snapshot, SnapshotQuery, StoreError, UserId, UserStore, UserView, Verdict, admit,
    decide::{checks, require_active_actor},
};

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Shows a user.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] or [`AccessError::Forbidden`] as the authorizer says, also for ids that do not
    /// exist.
    pub async fn retrieve(&self, actor: &Actor, id: UserId) -> Result<UserView, AccessError> {
        traced(operation!("userbook.retrieve"), self.show(actor, id)).await
    }

    async fn show(&self, actor: &Actor, id: UserId) -> Result<UserView, AccessError> {
        trace_identifiers(actor, &id);
        let query = SnapshotQuery { actor: actor.user_id(), ..SnapshotQuery::user(id) };
        let Some(snapshot) = self.visible(&query).await? else {
            return Err(self.missing_user_error(actor).await);
        };
        require_active_actor(actor, snapshot.actor.as_ref()).map_err(AccessError::Forbidden)?;
        let results = self.ask(actor, Resource::User(&snapshot), vec![Check::View]).await?;
        match results.on(Check::View) {
            Verdict::Allow => Ok(UserView::new(snapshot.user.clone(), &snapshot.groups)),
            Verdict::Deny(reason) => Err(AccessError::Forbidden(Denial::Permission(reason.clone()))),
            Verdict::Hide => Err(AccessError::NotFound),
        }
    }

    /// Whether the actor may see and change the user at all, who is as the conditions demand. What is wrong with
    /// a request that cannot even be read may be traced once this holds.
    ///
    /// # Errors
    /// As [`UserService::update_user`], except for what concerns values.
    pub async fn authorize_update(
        &self,
        actor: &Actor,
        id: UserId,
        conditions: &Conditions,
    ) -> Result<(), UpdateError> {
        traced(operation!("userbook.authorize_update"), self.check(actor, id, conditions)).await
    }

    async fn check(&self, actor: &Actor, id: UserId, conditions: &Conditions) -> Result<(), UpdateError> {
        trace_identifiers(actor, &id);
        let query = SnapshotQuery { actor: actor.user_id(), ..SnapshotQuery::user(id) };
        let Some(snapshot) = self.visible(&query).await? else {
            return Err(self.missing_user_error(actor).await.into());
        };
        let results = self.ask(actor, Resource::User(&snapshot), checks(&snapshot, None)).await?;
        Ok(admit(&snapshot, actor, &results, conditions)?)
    }

    /// What to answer about a user that does not exist: that it does not, if the actor may see users.
    pub async fn missing_user_error(&self, actor: &Actor) -> AccessError {
        match self.ask_about_unknown(actor).await {
            Ok(Verdict::Allow | Verdict::Hide) => AccessError::NotFound,
            Ok(Verdict::Deny(reason)) => AccessError::Forbidden(Denial::Permission(reason)),
            Err(error) => error,
        }
    }

    async fn ask_about_unknown(&self, actor: &Actor) -> Result<Verdict, AccessError> {
        // The load of an unknown user tells nothing about the actor: their own row does.
        let own = self.own(actor).await?;
        let view = view(own.as_ref());
        let results = self.ask(actor, Resource::MissingUser(view.as_ref()), vec![Check::View]).await?;
        Ok(results.on(Check::View).clone())
    }

    /// Loads a user; nobody is ever shown the one that stands for "nobody".
    pub(super) async fn visible(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
        let snapshot = traced(step!("load"), self.store.load(query)).await?;
        Ok(snapshot.filter(|snapshot| snapshot.user.username != ANONYMOUS_USERNAME))
    }

    /// Asks the authorizer; one that answers another number of questions has failed.
    pub(super) async fn ask(
        &self,
        actor: &Actor,
        target: Resource<'_>,
        checks: Vec<Check>,
    ) -> Result<CheckResults, AuthorizerError> {
        let asked = self.authorizer.authorize(actor, target, &checks);
        let verdicts = traced(step!("authorize"), asked).await?;
        if verdicts.0.len() != checks.len() {
            let message = format!("{} verdicts for {} checks", verdicts.0.len(), checks.len());
            return Err(AuthorizerError::new(message));
        }
        Ok(CheckResults::new(checks, verdicts))
    }
}
