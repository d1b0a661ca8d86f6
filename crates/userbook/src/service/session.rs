//! The acting user, as they see themselves.

use super::{
    AccessError, UserService,
    trace::{operation, step, traced},
};
use crate::{
    ANONYMOUS_USERNAME, Actor, Authorizer, CurrentUserView, Denial, SelfView, Snapshot, SnapshotQuery,
    Subject, UserId, UserStore,
};

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// Shows the acting user themselves, for which no permission is needed, and whoever sits behind them.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`] for nobody in particular and for an inactive user, [`AccessError::NotFound`] for
    /// somebody who is no user of this directory.
    pub async fn current_user(&self, actor: &Actor) -> Result<CurrentUserView, AccessError> {
        traced(operation!("userbook.current_user"), self.session(actor)).await
    }

    async fn session(&self, actor: &Actor) -> Result<CurrentUserView, AccessError> {
        let own = self.own(actor).await?;
        let Some(user) = own.and_then(shown) else {
            return Err(match actor.subject {
                Subject::Anonymous => AccessError::Forbidden(Denial::Permission(None)),
                Subject::User(_) | Subject::External(_) | Subject::System => AccessError::NotFound,
            });
        };
        let original = match actor.impersonator {
            Some(id) => self.self_view(id).await?,
            None => None,
        };
        Ok(CurrentUserView { user, original })
    }

    async fn self_view(&self, id: UserId) -> Result<Option<SelfView>, AccessError> {
        let query = SnapshotQuery::user(id);
        Ok(traced(step!("load"), self.store.load(&query)).await?.and_then(shown))
    }
}

/// Nobody is ever shown the user that stands for "nobody".
fn shown(own: Snapshot) -> Option<SelfView> {
    (own.user.username != ANONYMOUS_USERNAME).then(|| SelfView::new(own.user, &own.groups))
}
