//! The rows of a list in the recorded release.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{
    super::ListAuthorizer, Actor, ActorView, AuthorizerError, GrantQuery, GrantedObjects, Permission,
    PermissionAuthorizer, PermissionSource, Rank, SystemPermission,
};
use crate::{
    model::{GroupId, UserId, UserType},
    store::{Scope, Scoped},
};

impl<P: PermissionSource> PermissionAuthorizer<P> {
    /// Returns the rows that the permission covers; `on` selects the kind of object.
    async fn scope<I: Scoped + Ord>(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
        permission: Permission,
        on: impl FnOnce(GrantedObjects) -> BTreeSet<I>,
    ) -> Result<Scope<I>, AuthorizerError> {
        let actor = match Rank::of(actor, state) {
            Rank::Superuser => return Ok(Scope::Everything),
            Rank::Denied => return Ok(Scope::Nothing),
            Rank::Holder(view) => view.state,
        };
        let granted_objects = self.source.granted_objects(actor.id, permission).await?;
        if granted_objects.global {
            return Ok(Scope::Everything);
        }
        let some = on(granted_objects);
        // An internal service account gets an empty list where other actors are denied.
        let denied = some.is_empty() && actor.user_type != UserType::InternalServiceAccount;
        Ok(if denied { Scope::Nothing } else { Scope::Only(some.into_iter().collect()) })
    }
}

#[async_trait]
impl<P: PermissionSource> ListAuthorizer for PermissionAuthorizer<P> {
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        self.scope(actor, state, Permission::ViewUser, |held| held.users).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        self.scope(actor, state, Permission::ViewGroup, |held| held.groups).await
    }

    async fn system_permissions(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<BTreeSet<SystemPermission>, AuthorizerError> {
        let actor = match Rank::of(actor, state) {
            Rank::Superuser => return Ok(SystemPermission::ALL.iter().copied().collect()),
            Rank::Denied => return Ok(BTreeSet::new()),
            Rank::Holder(view) => view.state,
        };
        let query = GrantQuery { actor: actor.id, user: None, groups: BTreeSet::new() };
        let system = |permission| match permission {
            Permission::System(permission) => Some(permission),
            _ => None,
        };
        Ok(self.source.grants(&query).await?.global.into_iter().filter_map(system).collect())
    }
}
