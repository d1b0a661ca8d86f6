//! Reading the facts of one moment.

use std::sync::Arc;

use userbook::{ActorState, Epochs, GroupGraph, Snapshot, SnapshotQuery, User};

use crate::state::State;

/// What a load finds, not yet copied.
#[derive(Debug)]
pub(crate) struct Found {
    user: Arc<User>,
    groups: GroupGraph,
    username_taken: bool,
    actor: Option<ActorState>,
    other_active_superuser: Option<bool>,
    epochs: Epochs,
    change_committed: bool,
}

impl State {
    pub(crate) fn load(&self, query: &SnapshotQuery) -> Option<Found> {
        let user = Arc::clone(self.users.get(&query.user)?);
        let actor = self.actor(query.actor);
        let starts = user.groups.iter().chain(&query.groups);
        let groups = self.groups.closure(starts.chain(actor.iter().flat_map(|actor| &actor.groups)));
        Some(Found {
            groups,
            username_taken: query
                .username
                .as_deref()
                .is_some_and(|name| self.is_taken(name, Some(query.user))),
            actor,
            other_active_superuser: query
                .other_active_superuser
                .then(|| self.groups.other_active_superuser(query.user)),
            epochs: self.epochs,
            change_committed: query.change.is_some_and(|change| self.events.contains(change)),
            user,
        })
    }
}

impl From<Found> for Snapshot {
    fn from(found: Found) -> Self {
        Self {
            user: Arc::unwrap_or_clone(found.user),
            groups: found.groups,
            username_taken: found.username_taken,
            actor: found.actor,
            other_active_superuser: found.other_active_superuser,
            epochs: found.epochs,
            change_committed: found.change_committed,
        }
    }
}
