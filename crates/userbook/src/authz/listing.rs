//! Who and what an actor may see in a list.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Actor, ActorView, Authorizer, AuthorizerError};
use crate::{GroupId, Scope, UserId};

/// An authorizer that can also say whom an actor may see in a list.
///
/// [`Authorizer`] is asked about one target with everything that was loaded of it; a page with a count needs the
/// answer before anything is loaded. Hosts that list nothing need not implement it.
#[async_trait]
pub trait ListAuthorizer: Authorizer {
    /// Which users the actor may see; `state` is the acting user now, if a user of this directory acts. Whoever is
    /// in it must also be allowed [`Check::View`](super::Check::View).
    ///
    /// # Errors
    /// [`AuthorizerError`] if it cannot be told; the request is then refused.
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError>;

    /// Which groups the actor may see.
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
