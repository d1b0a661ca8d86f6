//! Reading what a decision about groups or new users needs.

use std::collections::BTreeMap;

use userbook::{DirectoryQuery, DirectorySnapshot};

use crate::state::State;

impl State {
    pub(crate) fn load_directory(&self, query: &DirectoryQuery) -> DirectorySnapshot {
        let actor = self.actor(query.actor);
        let starts = query.groups.iter().chain(actor.iter().flat_map(|actor| &actor.groups));
        DirectorySnapshot {
            username_taken: query.username.as_deref().is_some_and(|name| self.is_taken(name, None)),
            group_named: query.group_name.as_deref().and_then(|name| self.groups.named(name)),
            groups: self.groups.closure(starts),
            actor,
            shape: if query.shape { self.groups.shape() } else { BTreeMap::new() },
            active_member: query
                .active_member_of
                .as_ref()
                .is_some_and(|groups| self.groups.active_member(groups)),
            epochs: self.epochs,
            change_committed: query.change.is_some_and(|change| self.events.contains(change)),
        }
    }
}
