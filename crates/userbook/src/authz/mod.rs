//! The port to authorization: who asks, what they want, and what is said to it.

mod actor;
mod check;
mod error;
mod listing;
mod permission;
mod verdict;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::{GroupGraph, User};

pub use actor::{Actor, Subject};
pub use check::{ActorView, Check, Facts, Resource};
pub use error::{AuthorizerError, AuthorizerErrorKind};
pub use listing::ListAuthorizer;
pub use permission::{
    GrantQuery, GrantedObjects, Grants, Permission, PermissionAuthorizer, PermissionSource, StaticPermissions,
};
pub use verdict::{CheckResults, Verdict, Verdicts};

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
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError>;

    /// Whether `user` holds any right to grant superuser status: [`Check::GrantSuperuser`] on at least one group,
    /// now or through a role that the user has. Whoever takes such an account over becomes superuser, so
    /// [`Safeguard::ProtectPrivileged`](crate::Safeguard::ProtectPrivileged) protects it like a superuser. Answer
    /// `true` if in doubt. `groups` holds the user's groups with ancestors.
    ///
    /// Not called if [`Verdicts::user_can_grant`] has the answer already.
    ///
    /// # Errors
    /// [`AuthorizerError`] if no answer can be had; the service takes an error as `true`.
    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<A: Authorizer + ?Sized> Authorizer for $pointer<A> {
            async fn authorize(
                &self,
                actor: &Actor,
                resource: Resource<'_>,
                checks: &[Check],
            ) -> Result<Verdicts, AuthorizerError> {
                (**self).authorize(actor, resource, checks).await
            }

            async fn can_grant_superuser(
                &self,
                user: &User,
                groups: &GroupGraph,
            ) -> Result<bool, AuthorizerError> {
                (**self).can_grant_superuser(user, groups).await
            }
        }
    )+};
}
forward!(Arc, Box);
