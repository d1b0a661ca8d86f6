//! Dates that stay although the row changes, and dates that change although they must stay.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use userbook::{
    GroupId, Revision, Timestamp, UserId,
    model::GroupGraph,
    store::{DirectoryQuery, DirectorySnapshot, ProvisioningChange, ProvisioningOp, Snapshot, SnapshotQuery},
};
use userbook_memory::MemoryStore;

use crate::store::{Mutation, directory, row};

/// Writes `updated_at` only when it inserts a row.
#[derive(Debug, Default)]
pub(crate) struct KeepsOldDates {
    first: Mutex<HashMap<UserId, Timestamp>>,
}

#[async_trait]
impl Mutation for KeepsOldDates {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = &mut facts.user {
            let mut first = self.first.lock().expect("no panic");
            user.updated_at = *first.entry(user.id).or_insert(user.updated_at);
        }
    }
}

/// `REPLACE INTO` with a default: every change also writes `created_at`.
#[derive(Debug, Default)]
pub(crate) struct DatesCreationAnew {
    first: Mutex<HashMap<UserId, Revision>>,
}

#[async_trait]
impl Mutation for DatesCreationAnew {
    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = &mut facts.user
            && *self.first.lock().expect("no panic").entry(user.id).or_insert(user.revision) != user.revision
        {
            user.created_at = user.updated_at;
        }
    }
}

/// Writes revision and version of members, but not `updated_at`.
#[derive(Debug, Default)]
pub(crate) struct DatesNoMembers {
    old: Mutex<HashMap<UserId, Timestamp>>,
}

#[async_trait]
impl Mutation for DatesNoMembers {
    async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
        for member in &change.members {
            if let Some(user) = row(store, member.user).await {
                self.old.lock().expect("no panic").insert(user.id, user.updated_at);
            }
        }
    }

    async fn after_load(&self, _: &MemoryStore, _: &SnapshotQuery, facts: &mut Snapshot) {
        if let Some(user) = &mut facts.user
            && let Some(old) = self.old.lock().expect("no panic").get(&user.id)
        {
            user.updated_at = *old;
        }
    }
}

/// `ON DELETE SET NULL`: child groups lose their parent without a new date.
#[derive(Debug, Default)]
pub(crate) struct DatesNoChildren {
    old: Mutex<HashMap<GroupId, Timestamp>>,
}

#[async_trait]
impl Mutation for DatesNoChildren {
    async fn before_provision(&self, store: &MemoryStore, change: &mut ProvisioningChange) {
        let ProvisioningOp::DeleteGroup(parent) = &change.op else { return };
        let shape =
            directory(store, &DirectoryQuery { shape: true, ..DirectoryQuery::default() }).await.shape;
        let query = DirectoryQuery { groups: shape.into_keys().collect(), ..DirectoryQuery::default() };
        let groups = directory(store, &query).await.groups;
        let children = groups.iter().filter(|group| group.parent == Some(*parent));
        self.old.lock().expect("no panic").extend(children.map(|group| (group.id, group.updated_at)));
    }

    async fn after_load_directory(&self, _: &MemoryStore, _: &DirectoryQuery, facts: &mut DirectorySnapshot) {
        let old = self.old.lock().expect("no panic");
        let dated = |group: &userbook::Group| {
            let mut group = group.clone();
            group.updated_at = old.get(&group.id).copied().unwrap_or(group.updated_at);
            group
        };
        facts.groups = facts.groups.iter().map(dated).collect::<GroupGraph>();
    }
}
