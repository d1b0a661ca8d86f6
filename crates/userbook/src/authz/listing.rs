//! The users and groups that an actor may see in a list.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Actor, ActorView, Authorizer, AuthorizerError};
use crate::{
    model::{GroupId, UserId},
    store::Scope,
};

/// An authorizer that also scopes lists.
///
/// An [`Authorizer`] decides about one target with all its facts. A page with a count needs the answer before anything is
/// loaded. A host without lists need not implement this trait.
#[async_trait]
pub trait ListAuthorizer: Authorizer {
    /// Returns the users that the actor may see. `state` is the acting user, if a user of this directory acts. Allow
    /// [`Check::View`](super::Check::View) for every user of the scope.
    ///
    /// # Errors
    /// [`AuthorizerError`] if the scope is not available; the request is denied.
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError>;

    /// Returns the groups that the actor may see.
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
