//! Evaluates superuser status naively from the complete stored state.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{
    Group, GroupId, User, UserId, UserStore, UserType,
    store::{DirectoryQuery, Outbox, OutboxLimit, ProvisioningStore, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use crate::directory::{GROUPS, USERS, group_id, user_id};

/// The complete stored state without events.
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
            if let Some(user) = store.load(&SnapshotQuery::user(id)).await.unwrap().user {
                users.insert(id, user);
            }
        }
        Self {
            users,
            groups: directory.groups.iter().map(|group| (group.id, group.clone())).collect(),
            events: store.pending(OutboxLimit { events: u32::MAX, bytes: u64::MAX }).await.unwrap().len(),
        }
    }

    /// Returns the numbers of changed users and groups.
    pub(crate) fn changed_rows(&self, other: &Self) -> (usize, usize) {
        let users: BTreeSet<_> = self.users.keys().chain(other.users.keys()).collect();
        let groups: BTreeSet<_> = self.groups.keys().chain(other.groups.keys()).collect();
        // A child group that loses its parent does not count as written.
        let parentless = |group: Option<&Group>| group.map(|group| Group { parent: None, ..group.clone() });
        let deletes = groups.iter().any(|id| self.groups.contains_key(id) && !other.groups.contains_key(id));
        let group_differs = |id: &&GroupId| {
            let (old, new) = (self.groups.get(id), other.groups.get(id));
            if deletes { parentless(old) != parentless(new) } else { old != new }
        };
        let user_differs = |id: &&UserId| self.users.get(id) != other.users.get(id);
        (users.into_iter().filter(user_differs).count(), groups.into_iter().filter(group_differs).count())
    }

    /// Returns the group and its ancestors up to the first granting one; `None` if no group within the limit grants.
    fn way_to_superuser(&self, group: GroupId) -> Option<BTreeSet<GroupId>> {
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

    /// Returns the groups through which a user is a superuser, each with its path to the granting group.
    pub(crate) fn sources(&self, user: &User) -> BTreeMap<GroupId, BTreeSet<GroupId>> {
        user.groups.iter().filter_map(|group| Some((*group, self.way_to_superuser(*group)?))).collect()
    }

    pub(crate) fn is_superuser(&self, id: UserId) -> bool {
        self.users.get(&id).is_some_and(|user| !self.sources(user).is_empty())
    }

    pub(crate) fn is_active_superuser(&self, id: UserId) -> bool {
        self.is_superuser(id) && self.users.get(&id).is_some_and(|user| user.is_active)
    }

    /// Returns the active superusers of some types.
    fn of_types(&self, types: &[UserType]) -> bool {
        let counts = |user: &User| {
            types.contains(&user.user_type) && user.username != userbook::model::ANONYMOUS_USERNAME
        };
        self.active_superusers().iter().filter_map(|id| self.users.get(id)).any(counts)
    }

    /// Returns whether a person is an active superuser.
    pub(crate) fn has_person(&self) -> bool {
        self.of_types(&[UserType::Internal, UserType::External])
    }

    /// Returns whether a service account is an active superuser.
    pub(crate) fn has_service_account(&self) -> bool {
        self.of_types(&[UserType::ServiceAccount])
    }

    pub(crate) fn active_superusers(&self) -> BTreeSet<UserId> {
        self.users.keys().copied().filter(|id| self.is_active_superuser(*id)).collect()
    }
}
