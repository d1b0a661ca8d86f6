//! Reads the facts of one moment.

use std::sync::Arc;

use userbook::{
    User,
    model::GroupGraph,
    store::{ActorState, Epochs, Snapshot, SnapshotQuery, Superusers},
};

use crate::state::State;

/// The result of a load, not yet copied.
#[derive(Debug)]
pub(crate) struct Found {
    user: Option<Arc<User>>,
    groups: GroupGraph,
    username_taken: bool,
    login_taken: bool,
    email_taken: bool,
    actor: Option<ActorState>,
    other_superusers: Option<Superusers>,
    epochs: Epochs,
    change_committed: bool,
}

impl State {
    pub(crate) fn load(&self, query: &SnapshotQuery) -> Found {
        let user = query.target.and_then(|target| self.user(target)).cloned();
        let id = user.as_ref().map(|user| user.id);
        let actor = self.actor(query.actor);
        let starts = user.iter().flat_map(|user| &user.groups).chain(&query.groups);
        let groups = self.groups.closure(starts.chain(actor.iter().flat_map(|actor| &actor.groups)));
        Found {
            groups,
            username_taken: query.username.as_deref().is_some_and(|name| self.is_taken(name, id)),
            login_taken: self.claims.is_taken(query.login.as_deref(), id),
            email_taken: self.claims.is_taken(query.email.as_deref(), id),
            actor,
            other_superusers: query.other_superusers.then(|| self.groups.other_superusers(id)),
            epochs: self.epochs,
            change_committed: query.change.is_some_and(|change| self.events.contains(change)),
            user,
        }
    }
}

impl From<Found> for Snapshot {
    fn from(found: Found) -> Self {
        Self {
            user: found.user.map(Arc::unwrap_or_clone),
            groups: found.groups,
            username_taken: found.username_taken,
            login_taken: found.login_taken,
            email_taken: found.email_taken,
            actor: found.actor,
            other_superusers: found.other_superusers,
            epochs: found.epochs,
            change_committed: found.change_committed,
        }
    }
}
