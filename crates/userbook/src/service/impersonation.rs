//! Checks the right to act as another user. The host impersonates, if it does: see
//! [`Actor::impersonator`](crate::Actor).

use super::{
    AccessError, UserService,
    trace::{operation, traced},
};
use crate::{
    authz::{Actor, Authorizer, Check},
    decision::{check_view, require_allowed},
    model::UserRef,
    store::{SnapshotQuery, UserStore},
};

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Checks that the actor may view the user and act as the user. `None` is an impossible id; it costs the same.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] or [`AccessError::Forbidden`] as the authorizer says.
    pub async fn authorize_impersonation(
        &self,
        actor: &Actor,
        target: Option<UserRef>,
    ) -> Result<(), AccessError> {
        traced(operation!("userbook.authorize_impersonation"), async {
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let access = self.access(actor, &query, vec![Check::View, Check::Impersonate]).await?;
            check_view(&access.snapshot, actor, &access.results)?;
            require_allowed(&access.results, Check::Impersonate)?;
            Ok(())
        })
        .await
    }
}
