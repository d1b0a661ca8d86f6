//! A store that acknowledges a write only while its database file is in place.

use std::sync::Arc;

use async_trait::async_trait;
use userbook::{
    UserId, UserStore,
    store::{
        Batch, BatchStore, ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery,
        GroupPage, ListStore, PathListQuery, PathPage, ProvisioningChange, ProvisioningStore, Snapshot,
        SnapshotQuery, StoreError, StoreErrorKind, UserListQuery, UserPage,
    },
};

use super::{Directory, file::DatabaseFile};

/// The path of the database names another file than the one that is open, or none.
#[derive(Debug, thiserror::Error)]
#[error("the database file was deleted or replaced")]
struct FileReplaced;

/// A store and its file.
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    store: S,
    file: Arc<DatabaseFile>,
}

impl<S> Guarded<S> {
    pub(super) fn new(store: S, file: Arc<DatabaseFile>) -> Self {
        Self { store, file }
    }

    /// Checks before a write, and again before it is acknowledged.
    fn require_in_place(&self) -> Result<(), StoreError> {
        if self.file.is_in_place() {
            Ok(())
        } else {
            Err(StoreError::new(StoreErrorKind::Other, FileReplaced))
        }
    }
}

#[async_trait]
impl<S: ProvisioningStore> UserStore for Guarded<S> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.store.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.require_in_place()?;
        let outcome = self.store.commit(change).await?;
        self.require_in_place()?;
        Ok(outcome)
    }
}

#[async_trait]
impl<S: ProvisioningStore> ProvisioningStore for Guarded<S> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.store.load_directory(query).await
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        self.require_in_place()?;
        let outcome = self.store.provision(change).await?;
        self.require_in_place()?;
        Ok(outcome)
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.require_in_place()?;
        self.store.reserve_user_id().await
    }
}

#[async_trait]
impl<S: Directory> BatchStore for Guarded<S> {
    async fn begin_batch(&self) -> Result<Arc<dyn Batch>, StoreError> {
        self.require_in_place()?;
        let store = self.store.begin_batch().await?;
        Ok(Arc::new(Guarded { store, file: Arc::clone(&self.file) }))
    }
}

#[async_trait]
impl Batch for Guarded<Arc<dyn Batch>> {
    async fn finish(&self) -> Result<(), StoreError> {
        self.require_in_place()?;
        self.store.finish().await?;
        self.require_in_place()
    }
}

#[async_trait]
impl<S: Directory> ListStore for Guarded<S> {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.store.list_users(query).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        self.store.list_groups(query).await
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        self.store.list_paths(query).await
    }
}
