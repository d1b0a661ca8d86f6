//! The acting user where no target's load tells of them.

use super::{
    AccessError, UserService,
    trace::{step, traced},
};
use crate::{Actor, ActorView, Authorizer, Snapshot, SnapshotQuery, UserStore, decide::require_active_actor};

impl<S: UserStore, A: Authorizer> UserService<S, A> {
    /// What the acting user is now; somebody deactivated meanwhile is refused.
    pub(super) async fn own(&self, actor: &Actor) -> Result<Option<Snapshot>, AccessError> {
        let own = match actor.user_id() {
            None => None,
            Some(id) => {
                let query = SnapshotQuery { actor: Some(id), ..SnapshotQuery::user(id) };
                traced(step!("load"), self.store.load(&query)).await?
            }
        };
        let state = own.as_ref().and_then(|own| own.actor.as_ref());
        require_active_actor(actor, state).map_err(AccessError::Forbidden)?;
        Ok(own)
    }
}

/// The acting user in their own snapshot.
pub(super) fn view(own: Option<&Snapshot>) -> Option<ActorView<'_>> {
    let own = own?;
    own.actor.as_ref().map(|state| ActorView { state, groups: &own.groups })
}
