//! Reads the facts for decisions about groups and new users.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{
    User, UserId,
    store::{DirectoryQuery, DirectorySnapshot, MemberQuery, MemberState, Superusers},
};

use crate::state::State;

impl State {
    pub(crate) fn load_directory(&self, query: &DirectoryQuery) -> DirectorySnapshot {
        let actor = self.actor(query.actor);
        let starts = query.groups.iter().chain(actor.iter().flat_map(|actor| &actor.groups));
        let superusers = query.superusers.as_ref();
        DirectorySnapshot {
            username_taken: query.username.as_deref().is_some_and(|name| self.is_taken(name, None)),
            login_taken: self.claims.is_taken(query.login.as_deref(), None),
            email_taken: self.claims.is_taken(query.email.as_deref(), None),
            group_named: query
                .group_name
                .as_deref()
                .and_then(|name| self.groups.named(name).find(|id| Some(*id) != query.group_name_except)),
            groups: self.groups.closure(starts),
            actor,
            shape: match query.below {
                _ if query.shape => self.groups.shape(),
                Some(id) => self.groups.below(id),
                None => BTreeMap::new(),
            },
            members: query.members.as_ref().map(|query| self.members(query)).unwrap_or_default(),
            superusers: superusers.map_or_else(Superusers::default, |query| self.groups.superusers_in(query)),
            epochs: self.epochs,
            change_committed: query.change.is_some_and(|change| self.events.contains(change)),
        }
    }

    fn members(&self, query: &MemberQuery) -> BTreeMap<UserId, MemberState> {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let node = query.of.and_then(|id| self.groups.nodes.get(&id));
        let mut ids: BTreeSet<UserId> = node.map(|node| node.members.first(limit)).unwrap_or_default();
        ids.extend(query.users.iter().filter(|id| self.users.contains_key(id)));
        let rows = ids.iter().take(limit).filter_map(|id| self.users.get(id));
        rows.map(|user| (user.id, member(user))).collect()
    }
}

fn member(user: &User) -> MemberState {
    MemberState {
        uuid: user.uuid,
        username: user.username.clone(),
        is_active: user.is_active,
        user_type: user.user_type,
        path: user.path.clone(),
        groups: user.groups.clone(),
        revision: user.revision,
        version: user.version,
    }
}
