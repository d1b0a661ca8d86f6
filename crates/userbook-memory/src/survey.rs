//! Reading what a decision about groups or new users needs.

use std::collections::BTreeMap;

use userbook::{Survey, SurveyQuery};

use crate::state::State;

impl State {
    pub(crate) fn survey(&self, query: &SurveyQuery) -> Survey {
        let actor = self.actor(query.actor);
        let starts = query.groups.iter().chain(actor.iter().flat_map(|actor| &actor.groups));
        Survey {
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
            landed: query.change.is_some_and(|change| self.events.contains(change)),
        }
    }
}
