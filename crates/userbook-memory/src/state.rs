//! The state behind the lock.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use userbook::{
    User, UserId, UserRef,
    store::{ActorState, EpochGuard, Epochs, Guards},
};
use uuid::Uuid;

use crate::{
    claims::Claims, events::Events, external_ids::ExternalIndex, further_addresses::AddressIndex,
    groups::Groups,
};

/// The complete state. Rows are shared, so that readers can copy them after they release the lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) users: HashMap<UserId, Arc<User>>,
    /// In the order of lists.
    pub(crate) usernames: BTreeMap<String, UserId>,
    pub(crate) uuids: HashMap<Uuid, UserId>,
    pub(crate) claims: Claims,
    pub(crate) external_ids: ExternalIndex<UserId>,
    pub(crate) further_addresses: AddressIndex,
    pub(crate) groups: Groups,
    pub(crate) epochs: Epochs,
    pub(crate) events: Events,
    pub(crate) install_id: Option<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            usernames: BTreeMap::new(),
            uuids: HashMap::new(),
            claims: Claims::default(),
            external_ids: ExternalIndex::default(),
            further_addresses: AddressIndex::default(),
            groups: Groups::default(),
            epochs: Epochs { graph: 0, superusers: 0, next_user: 1 },
            events: Events::default(),
            install_id: None,
        }
    }
}

impl State {
    /// Returns whether a user other than `user` has the name.
    pub(crate) fn is_taken(&self, username: &str, user: Option<UserId>) -> bool {
        self.usernames.get(username).is_some_and(|holder| Some(*holder) != user)
    }

    /// Returns the user with this key.
    pub(crate) fn user(&self, key: UserRef) -> Option<&Arc<User>> {
        match key {
            UserRef::Id(id) => self.users.get(&id),
            UserRef::Uuid(uuid) => self.users.get(self.uuids.get(&uuid)?),
        }
    }

    /// Returns the state of the acting user, if it exists.
    pub(crate) fn actor(&self, id: Option<UserId>) -> Option<ActorState> {
        self.users.get(&id?).map(|user| ActorState::from(&**user))
    }

    /// Returns whether the guards hold. A comparison suffices, because the lock is held until the end.
    pub(crate) fn holds(&self, guards: &Guards) -> bool {
        let stands = |guard: Option<EpochGuard>, epoch| guard.is_none_or(|guard| guard.expected == epoch);
        stands(guards.graph, self.epochs.graph)
            && stands(guards.superusers, self.epochs.superusers)
            && guards.actor.is_none_or(|guard| {
                self.users.get(&guard.user).is_some_and(|actor| actor.revision == guard.revision)
            })
    }

    /// Increments the counters of a change.
    pub(crate) fn bump(&mut self, guards: &Guards) {
        let bumps = |guard: Option<EpochGuard>| u64::from(guard.is_some_and(EpochGuard::is_bump));
        self.epochs.graph += bumps(guards.graph);
        self.epochs.superusers += bumps(guards.superusers);
    }
}
