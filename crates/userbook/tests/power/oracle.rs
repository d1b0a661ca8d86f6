//! Who has power, told the slow and plain way from everything that is stored.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{
    DirectoryQuery, Group, GroupId, Outbox, ProvisioningStore, SnapshotQuery, User, UserId, UserStore,
};
use userbook_memory::MemoryStore;

use crate::directory::{GROUPS, USERS, group_id, user_id};

/// Everything that is stored, events aside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dump {
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) events: usize,
}

impl Dump {
    pub(crate) async fn of(store: &MemoryStore) -> Self {
        let groups = (0..GROUPS + 3).map(group_id).collect();
        let directory =
            store.load_directory(&DirectoryQuery { groups, ..DirectoryQuery::default() }).await.unwrap();
        let mut users = BTreeMap::new();
        for id in (0..USERS + 20).map(user_id) {
            if let Some(found) = store.load(&SnapshotQuery::user(id)).await.unwrap() {
                users.insert(id, found.user);
            }
        }
        Self {
            users,
            groups: directory.groups.iter().map(|group| (group.id, group.clone())).collect(),
            events: store.pending(u32::MAX).await.unwrap().len(),
        }
    }

    /// The group and those above it, up to the first that grants power; `None` if none does within the bound.
    fn way_to_power(&self, group: GroupId) -> Option<BTreeSet<GroupId>> {
        let mut way = BTreeSet::new();
        let mut next = self.groups.get(&group);
        for _ in 0..20 {
            let group = next?;
            way.insert(group.id);
            if group.is_superuser {
                return Some(way);
            }
            next = group.parent.and_then(|parent| self.groups.get(&parent));
        }
        None
    }

    /// The groups through which a user is superuser, each with those on its way to power.
    pub(crate) fn sources(&self, user: &User) -> Vec<BTreeSet<GroupId>> {
        user.groups.iter().filter_map(|group| self.way_to_power(*group)).collect()
    }

    pub(crate) fn is_superuser(&self, id: UserId) -> bool {
        self.users.get(&id).is_some_and(|user| !self.sources(user).is_empty())
    }

    pub(crate) fn is_active_superuser(&self, id: UserId) -> bool {
        self.is_superuser(id) && self.users.get(&id).is_some_and(|user| user.is_active)
    }

    pub(crate) fn powerful(&self) -> BTreeSet<UserId> {
        self.users.keys().copied().filter(|id| self.is_active_superuser(*id)).collect()
    }
}
