//! Reads one user, and the acting user.

use super::{
    AccessError, UserService,
    access::actor_view,
    trace::{operation, step, trace_identifiers, traced},
};
use crate::{
    authz::{Actor, Authorizer, AuthorizerError, Check, ListAuthorizer, Subject},
    decision::{Denial, Rejection, check_view},
    model::{UserId, UserRef},
    store::{Snapshot, SnapshotQuery, StoreError, UserStore},
    view::Visibility,
    view::{CurrentUserView, SelfView, UserView},
};

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Returns a user. `None` is an impossible id, such as one that is not a number; it costs the same.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] or [`AccessError::Forbidden`] as the authorizer says, also for users that do not
    /// exist.
    pub async fn retrieve(
        &self,
        actor: &Actor,
        user: impl Into<Option<UserRef>>,
    ) -> Result<UserView, AccessError> {
        let target = user.into();
        traced(operation!("userbook.retrieve"), async move {
            if let Some(target) = &target {
                trace_identifiers(actor, target);
            }
            let query = SnapshotQuery { target, actor: actor.user_id(), ..SnapshotQuery::default() };
            let mut access = self.access(actor, &query, vec![Check::View]).await?;
            check_view(&access.snapshot, actor, &access.results)?;
            self.authorize_groups(actor, &mut access, &[]).await?;
            let user = check_view(&access.snapshot, actor, &access.results)?;
            let visible = Visibility::new(&self.policy, &access.results);
            Ok(UserView::new(user.clone(), &access.snapshot.groups, visible))
        })
        .await
    }
}

impl<S: UserStore, A: ListAuthorizer> UserService<S, A> {
    /// Returns the acting user without requiring a permission, and the impersonating user, if any.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] for anonymous and inactive actors, [`AccessError::NotFound`] for actors that are not
    /// users of this directory.
    pub async fn current_user(&self, actor: &Actor) -> Result<CurrentUserView, AccessError> {
        traced(operation!("userbook.current_user"), async {
            let Some(id) = actor.user_id() else {
                return Err(match actor.subject {
                    Subject::Anonymous => AccessError::Forbidden(Denial::Permission(None)),
                    Subject::User(_) | Subject::External(_) | Subject::System => AccessError::NotFound,
                });
            };
            let snapshot = self.load_self(id).await?;
            crate::decision::require_active_actor(actor, snapshot.actor.as_ref())?;
            let user = self.self_view(actor, snapshot).await?.ok_or(AccessError::NotFound)?;
            let original = match actor.impersonator {
                Some(id) => {
                    let snapshot = self.load_self(id).await?;
                    self.self_view(&Actor::user(id), snapshot).await?
                }
                None => None,
            };
            Ok(CurrentUserView { user, original })
        })
        .await
    }

    async fn load_self(&self, id: UserId) -> Result<Snapshot, StoreError> {
        self.load(&SnapshotQuery { actor: Some(id), ..SnapshotQuery::user(id) }).await
    }

    async fn self_view(
        &self,
        actor: &Actor,
        mut snapshot: Snapshot,
    ) -> Result<Option<SelfView>, AuthorizerError> {
        let Some(user) = snapshot.user.take() else { return Ok(None) };
        let permissions = self.authorizer().system_permissions(actor, actor_view(&snapshot));
        let permissions = traced(step!("authorize"), permissions).await?;
        Ok(Some(SelfView::new(user, &snapshot.groups, permissions)))
    }
}

impl From<Rejection> for AccessError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Forbidden(denial) => Self::Forbidden(denial),
            // Reading has no preconditions and no values.
            Rejection::Hidden | Rejection::Condition | Rejection::Patch(_) | Rejection::Invalid(_) => {
                Self::NotFound
            }
        }
    }
}
