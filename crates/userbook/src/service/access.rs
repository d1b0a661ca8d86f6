//! Loads facts and calls the authorizer.

use std::time::Duration;

use super::{
    AccessError, UserService,
    trace::{step, traced},
};
use crate::{
    authz::{Actor, ActorView, Authorizer, AuthorizerError, Check, CheckResults, Facts, Resource},
    decision::{Denial, require_active_actor, visible_user},
    model::{GroupId, User},
    store::{
        DirectoryQuery, DirectorySnapshot, ProvisioningStore, Snapshot, SnapshotQuery, StoreError, UserStore,
    },
    view::view_group_checks,
};

/// How long facts and verdicts stay valid while a body is received.
const MAX_AGE: Duration = Duration::from_millis(250);

/// The facts of one load with the authorizer's verdicts on them.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) snapshot: Snapshot,
    pub(super) results: CheckResults,
    /// The start of the load, by the monotonic clock.
    since: Duration,
}

impl Access {
    /// Returns whether the facts are recent enough for a decision.
    pub(super) fn is_fresh<S, A>(&self, service: &UserService<S, A>) -> bool {
        is_fresh(service, self.since)
    }
}

/// Returns whether facts of a load that started then, by the monotonic clock, are recent enough for a decision.
pub(super) fn is_fresh<S, A>(service: &UserService<S, A>, since: Duration) -> bool {
    service.clock.monotonic().saturating_sub(since) <= MAX_AGE
}

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Makes one load and one authorizer call. Missing users and the anonymous user cost the same as others.
    pub(super) async fn access(
        &self,
        actor: &Actor,
        query: &SnapshotQuery,
        checks: Vec<Check>,
    ) -> Result<Access, AccessError> {
        self.access_to(user_resource, actor, query, checks).await
    }

    /// Denies an actor without any permission before any load.
    pub(super) fn require_some_right(&self, actor: &Actor) -> Result<(), AccessError> {
        if self.authorizer().denies_all(actor) {
            return Err(AccessError::Forbidden(Denial::Permission(None)));
        }
        Ok(())
    }

    /// Determines which of the user's groups and of the `named` groups the actor may view, once the actor may view the
    /// user. No further call is needed if the verdicts contain the visible groups.
    pub(super) async fn authorize_groups(
        &self,
        actor: &Actor,
        access: &mut Access,
        named: &[GroupId],
    ) -> Result<(), AuthorizerError> {
        let Access { snapshot, results, .. } = access;
        let own = snapshot.user.iter().flat_map(|user| &user.groups);
        let checks = view_group_checks(own.chain(named), &snapshot.groups, &self.policy, results);
        self.authorize_more(actor, user_resource(snapshot), checks, results).await
    }

    /// Makes one load and one authorizer call for the directory.
    pub(super) async fn directory_access(
        &self,
        actor: &Actor,
        query: &SnapshotQuery,
        checks: Vec<Check>,
    ) -> Result<Access, AccessError> {
        self.access_to(|snapshot| Resource::Directory(facts(snapshot)), actor, query, checks).await
    }

    async fn access_to(
        &self,
        resource: fn(&Snapshot) -> Resource<'_>,
        actor: &Actor,
        query: &SnapshotQuery,
        checks: Vec<Check>,
    ) -> Result<Access, AccessError> {
        let since = self.clock.monotonic();
        self.require_some_right(actor)?;
        let snapshot = self.load(query).await?;
        require_active_actor(actor, snapshot.actor.as_ref()).map_err(AccessError::Forbidden)?;
        let results = self.authorize(actor, resource(&snapshot), checks).await?;
        Ok(Access { snapshot, results, since })
    }

    pub(super) async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let mut snapshot = traced(step!("load"), self.store.load(query)).await?;
        if visible_user(&snapshot).is_none() {
            snapshot.user = None;
        }
        Ok(snapshot)
    }

    /// Returns the acting user; an inactive or deleted actor is denied.
    pub(super) async fn load_actor(&self, actor: &Actor) -> Result<Snapshot, AccessError> {
        if actor.user_id().is_none() {
            return Ok(Snapshot::default());
        }
        let snapshot =
            self.load(&SnapshotQuery { actor: actor.user_id(), ..SnapshotQuery::default() }).await?;
        require_active_actor(actor, snapshot.actor.as_ref()).map_err(AccessError::Forbidden)?;
        Ok(snapshot)
    }

    /// Calls the authorizer. A wrong number of verdicts is an error.
    pub(super) async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: Vec<Check>,
    ) -> Result<CheckResults, AuthorizerError> {
        let verdicts =
            traced(step!("authorize"), self.authorizer().authorize(actor, resource, &checks)).await?;
        if verdicts.verdicts.len() != checks.len() {
            let message = format!("{} verdicts for {} checks", verdicts.verdicts.len(), checks.len());
            return Err(AuthorizerError::new(message));
        }
        Ok(CheckResults::new(checks, verdicts))
    }

    /// Adds the verdicts on further checks, if any.
    pub(super) async fn authorize_more(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: Vec<Check>,
        results: &mut CheckResults,
    ) -> Result<(), AuthorizerError> {
        if !checks.is_empty() {
            results.extend(self.authorize(actor, resource, checks).await?);
        }
        Ok(())
    }

    /// Requests whether the user can grant superuser status, unless the verdicts contain the result. An error counts
    /// as yes.
    pub(super) async fn ensure_user_can_grant(
        &self,
        user: &User,
        snapshot: &Snapshot,
        results: &mut CheckResults,
    ) {
        if results.user_can_grant().is_none() {
            let answer = self.authorizer().can_grant_superuser(user, &snapshot.groups);
            results.set_user_can_grant(traced(step!("authorize"), answer).await.unwrap_or(true));
        }
    }
}

impl<S: ProvisioningStore, A: Authorizer> UserService<S, A> {
    pub(super) async fn load_directory(
        &self,
        query: &DirectoryQuery,
    ) -> Result<DirectorySnapshot, StoreError> {
        traced(step!("load"), self.store.load_directory(query)).await
    }
}

/// Returns the target of a load as a resource.
pub(super) fn user_resource(snapshot: &Snapshot) -> Resource<'_> {
    match &snapshot.user {
        Some(user) => Resource::User(user, facts(snapshot)),
        None => Resource::MissingUser(facts(snapshot)),
    }
}

fn facts(snapshot: &Snapshot) -> Facts<'_> {
    Facts { groups: &snapshot.groups, actor: snapshot.actor.as_ref() }
}

/// Returns the directory as a resource.
pub(super) fn directory_resource(directory: &DirectorySnapshot) -> Resource<'_> {
    Resource::Directory(Facts { groups: &directory.groups, actor: directory.actor.as_ref() })
}

/// Returns the acting user of a load.
pub(super) fn actor_view(snapshot: &Snapshot) -> Option<ActorView<'_>> {
    snapshot.actor.as_ref().map(|state| ActorView { state, groups: &snapshot.groups })
}
