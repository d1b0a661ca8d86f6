//! The store: the state behind one lock, and the ports.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use userbook::{
    Timestamp, UserId, UserStore,
    event::Event,
    model::ChangeId,
    store::{
        Batch, BatchStore, ChangeSet, CommitOutcome, ContentFilter, DirectoryQuery, DirectorySnapshot,
        GroupListQuery, GroupPage, ImportData, ImportOutcome, ImportStore, ListStore, Outbox, OutboxLimit,
        PathListQuery, PathPage, ProvisioningChange, ProvisioningStore, Snapshot, SnapshotQuery, StoreError,
        UserListQuery, UserPage,
    },
};

use crate::{MemoryError, list_groups::ContentMatches, size::event_bytes, state::State};

/// Users, groups and events in memory behind one lock. Clones share the state.
///
/// A panic during a write could leave half a change. Afterwards every call fails with [`MemoryError::Poisoned`].
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn state(&self) -> Result<MutexGuard<'_, State>, MemoryError> {
        self.state.lock().map_err(|_| MemoryError::Poisoned)
    }
}

/// Shows no user data.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let found = self.state()?.load(query);
        // Copy after the lock is released, because attributes may be large.
        Ok(found.into())
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        Ok(self.state()?.commit(change)?)
    }
}

#[async_trait]
impl ProvisioningStore for MemoryStore {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        Ok(self.state()?.load_directory(query))
    }

    async fn provision(&self, provision: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        Ok(self.state()?.provision(provision)?)
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        Ok(self.state()?.reserve_user_id())
    }
}

/// Writes at once: a commit in memory cannot fail.
#[async_trait]
impl BatchStore for MemoryStore {
    async fn begin_batch(&self) -> Result<Arc<dyn Batch>, StoreError> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Batch for MemoryStore {
    async fn finish(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl ListStore for MemoryStore {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        let found = self.state()?.find_users(query);
        Ok(found.into_page(query).await)
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        let content = match ContentFilter::of_groups(&query.filter) {
            None => None,
            Some(filter) => {
                let groups = self.state()?.groups_to_compare(query);
                let compared = ContentMatches::of(groups, &filter).await;
                Some((filter, compared))
            }
        };
        let found = self.state()?.list_groups(query, content.as_ref());
        Ok(found.into_page(query).await)
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        let found = self.state()?.find_paths(query);
        Ok(found.into_paths(query).await)
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let events = self.state()?.events.pending(limit.events);
        let mut total = 0_u64;
        let fits = |event: &Arc<Event>| {
            let is_first = total == 0;
            total = total.saturating_add(event_bytes(event));
            is_first || total <= limit.bytes
        };
        Ok(events.into_iter().take_while(fits).map(Arc::unwrap_or_clone).collect())
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        self.state()?.events.ack(ids);
        Ok(())
    }

    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        Ok(self.state()?.events.prune_before(time))
    }
}

#[async_trait]
impl ImportStore for MemoryStore {
    async fn import(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        let imported = State::of(rows)?;
        Ok(self.state()?.import(imported))
    }

    async fn install_id(&self) -> Result<Option<String>, StoreError> {
        Ok(self.state()?.install_id.clone())
    }
}
