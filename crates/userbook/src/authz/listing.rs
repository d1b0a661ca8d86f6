//! The users and groups that a list shows to an actor.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use super::{Actor, ActorView, Authorizer, AuthorizerError, SystemPermission};
use crate::{
    model::{GroupId, UserId},
    store::Scope,
};

/// An authorizer that also limits lists.
///
/// An [`Authorizer`] decides about one target with all its facts. A page with a count needs the decision before any
/// row is loaded. Hosts without lists need not implement this trait.
#[async_trait]
pub trait ListAuthorizer: Authorizer {
    /// Returns the users that the actor may view. `state` is the acting user, if the actor is a user of this
    /// directory. [`Check::View`](super::Check::View) must be allowed for every user of the scope.
    ///
    /// # Errors
    /// [`AuthorizerError`] if the scope is not available; the request is denied.
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError>;

    /// Returns the groups that the actor may view.
    ///
    /// # Errors
    /// As [`ListAuthorizer::visible_users`].
    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError>;

    /// Returns the system permissions of the actor, which the actor's own view lists for user interfaces. No operation
    /// of Userbook requires one. By default an active superuser has all, and other actors have none.
    ///
    /// # Errors
    /// As [`ListAuthorizer::visible_users`].
    async fn system_permissions(
        &self,
        _actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<BTreeSet<SystemPermission>, AuthorizerError> {
        let is_superuser = state.is_some_and(|view| view.is_active_superuser());
        Ok(if is_superuser { SystemPermission::ALL.iter().copied().collect() } else { BTreeSet::new() })
    }
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<A: ListAuthorizer + ?Sized> ListAuthorizer for $pointer<A> {
            async fn visible_users(
                &self,
                actor: &Actor,
                state: Option<ActorView<'_>>,
            ) -> Result<Scope<UserId>, AuthorizerError> {
                (**self).visible_users(actor, state).await
            }

            async fn visible_groups(
                &self,
                actor: &Actor,
                state: Option<ActorView<'_>>,
            ) -> Result<Scope<GroupId>, AuthorizerError> {
                (**self).visible_groups(actor, state).await
            }

            async fn system_permissions(
                &self,
                actor: &Actor,
                state: Option<ActorView<'_>>,
            ) -> Result<BTreeSet<SystemPermission>, AuthorizerError> {
                (**self).system_permissions(actor, state).await
            }
        }
    )+};
}
forward!(Arc, Box);
