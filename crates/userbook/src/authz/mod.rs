//! The authorization port: actor, checks and verdicts.

mod actor;
mod check;
mod error;
mod listing;
mod permission;
mod verdict;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::model::{GroupGraph, User};

pub use actor::{Actor, Subject};
pub use check::{ActorView, Check, Facts, Resource};
pub use error::{AuthorizerError, AuthorizerErrorKind};
pub use listing::ListAuthorizer;
pub use permission::{
    GrantQuery, GrantedObjects, Grants, Permission, PermissionAuthorizer, PermissionSource,
    StaticPermissions, SystemPermission, UnknownPermission,
};
pub(crate) use verdict::FURTHER_CHECKS;
pub use verdict::{CheckResults, Verdict, Verdicts};

/// Decides what an actor may do.
///
/// The service calls this method before it reads a request, with checks that do not depend on the content. It calls
/// the method again if the content names groups or affects superuser status. No transaction is open during a call. A
/// failure denies the request.
#[async_trait]
pub trait Authorizer: Debug + Send + Sync + 'static {
    /// Returns one verdict for each check, in order. Deny unknown checks.
    ///
    /// # Errors
    /// [`AuthorizerError`] if no verdict is available; the request is denied.
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError>;

    /// Returns whether `user` has any right to grant superuser status: [`Check::GrantSuperuser`] on at least one
    /// group, directly or through a role. An attacker with such an account becomes a superuser, so
    /// [`Safeguard::ProtectPrivileged`](crate::Safeguard::ProtectPrivileged) protects the user like a superuser.
    /// Return `true` if in doubt. `groups` contains the user's groups with ancestors.
    ///
    /// Not called if [`Verdicts::user_can_grant`] contains the result.
    ///
    /// # Errors
    /// [`AuthorizerError`] if no result is available; the service treats an error as `true`.
    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError>;

    /// Returns whether the actor is denied for every resource and every stored state. Then the service denies without
    /// a load, so that the caller causes no work that depends on the target. `false` makes the service call
    /// [`authorize`](Self::authorize).
    fn denies_all(&self, actor: &Actor) -> bool {
        let _ = actor;
        false
    }
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

            fn denies_all(&self, actor: &Actor) -> bool {
                (**self).denies_all(actor)
            }
        }
    )+};
}
forward!(Arc, Box);
