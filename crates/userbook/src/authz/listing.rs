//! The users and groups that a list shows to an actor.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Actor, ActorView, Authorizer, AuthorizerError};
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
        }
    )+};
}
forward!(Arc, Box);
