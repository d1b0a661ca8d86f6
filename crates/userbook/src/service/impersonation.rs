//! Checks the right to act as another user. The host impersonates, if it does: see
//! [`Actor::impersonator`](crate::Actor).

use super::{
    AccessError, UserService,
    access::Access,
    trace::{operation, traced},
};
use crate::{
    authz::{Actor, Authorizer, Check},
    decision::{check_impersonation, check_impersonation_rights, deletion_needs_protection},
    model::UserRef,
    store::{SnapshotQuery, UserStore},
};

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Checks that the actor may view the user and act as the user. Under
    /// [`Safeguard::ProtectPrivileged`](crate::policy::Safeguard::ProtectPrivileged) only a superuser may act as
    /// another superuser or as a user who can grant superuser status. `None` is an impossible id; it costs the same.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] or [`AccessError::Forbidden`] as the authorizer and the policy say.
    pub async fn authorize_impersonation(
        &self,
        actor: &Actor,
        target: Option<UserRef>,
    ) -> Result<(), AccessError> {
        traced(operation!("userbook.authorize_impersonation"), async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let access = self.access(actor, &query, vec![Check::View, Check::Impersonate]).await?;
            check_impersonation_rights(&access.snapshot, actor, &access.results)?;
            let Access { snapshot, mut results, .. } = access;
            if let Some(user) = &snapshot.user
                && deletion_needs_protection(user, &snapshot, actor, &self.policy)
            {
                self.ensure_user_can_grant(user, &snapshot, &mut results).await;
            }
            Ok(check_impersonation(&snapshot, actor, &results, &self.policy)?)
        })
        .await
    }
}
