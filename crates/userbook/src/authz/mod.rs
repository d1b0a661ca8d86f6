//! The port to authorization: who asks, what they want, and what is said to it.

mod actor;
mod check;
mod error;
mod listing;
mod permission;
mod verdict;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

pub use actor::{Actor, Subject};
pub use check::{ActorView, Check, Target};
pub use error::{AuthorizerError, AuthorizerErrorKind};
pub use listing::{ListAuthorizer, Scope};
pub use permission::{
    GrantQuery, Grants, Holdings, Permission, PermissionAuthorizer, PermissionSource, StaticPermissions,
};
pub use verdict::{Ruling, Verdict, Verdicts};

/// Says what an actor may do.
///
/// One call an attempt: all [`Check`]s that may matter come together, and the decision consults those that do.
/// No transaction is open meanwhile. An authorizer that fails refuses; nothing falls through.
#[async_trait]
pub trait Authorizer: Debug + Send + Sync + 'static {
    /// A verdict for each check, in order. Deny what you do not know.
    ///
    /// # Errors
    /// [`AuthorizerError`] if no verdict can be had; the request is then refused.
    async fn authorize(
        &self,
        actor: &Actor,
        target: Target<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<A: Authorizer + ?Sized> Authorizer for $pointer<A> {
            async fn authorize(
                &self,
                actor: &Actor,
                target: Target<'_>,
                checks: &[Check],
            ) -> Result<Verdicts, AuthorizerError> {
                (**self).authorize(actor, target, checks).await
            }
        }
    )+};
}
forward!(Arc, Box);
