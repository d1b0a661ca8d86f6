//! A store that fails on request.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use crate::{
    model::{SessionEpoch, Timestamp, UserId, UserRef},
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery, GroupPage, ListStore,
        PathListQuery, PathPage, ProvisioningChange, ProvisioningStore, SessionStore, Snapshot,
        SnapshotQuery, StoreError, StoreErrorKind, UserListQuery, UserPage, UserStore,
    },
};

/// A store around another store, whose next calls fail as requested. Without requests it behaves like the other store.
#[derive(Debug)]
pub struct FailingStore<S> {
    inner: S,
    reads: Mutex<VecDeque<StoreErrorKind>>,
    writes: Mutex<VecDeque<StoreErrorKind>>,
}

impl<S> FailingStore<S> {
    /// Wraps a store.
    pub fn new(inner: S) -> Self {
        Self { inner, reads: Mutex::default(), writes: Mutex::default() }
    }

    /// Returns the wrapped store.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Lets one more of the next loads and lists fail.
    pub fn fail_next_load(&self, kind: StoreErrorKind) {
        push(&self.reads, kind);
    }

    /// Lets one more of the next writes fail. With [`StoreErrorKind::Ambiguous`] the change is written all the same, as
    /// after a connection that breaks during the commit.
    pub fn fail_next_commit(&self, kind: StoreErrorKind) {
        push(&self.writes, kind);
    }

    fn read(&self) -> Result<(), StoreError> {
        match pop(&self.reads) {
            Some(kind) => Err(StoreError::new(kind, "requested by the test")),
            None => Ok(()),
        }
    }

    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let Some(kind) = pop(&self.writes) else { return write.await };
        if kind == StoreErrorKind::Ambiguous {
            write.await?;
        }
        Err(StoreError::new(kind, "requested by the test"))
    }
}

fn push(queue: &Mutex<VecDeque<StoreErrorKind>>, kind: StoreErrorKind) {
    queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(kind);
}

fn pop(queue: &Mutex<VecDeque<StoreErrorKind>>) -> Option<StoreErrorKind> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

#[async_trait]
impl<S: UserStore> UserStore for FailingStore<S> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.read()?;
        self.inner.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.write(self.inner.commit(change)).await
    }
}

#[async_trait]
impl<S: ProvisioningStore> ProvisioningStore for FailingStore<S> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.read()?;
        self.inner.load_directory(query).await
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        self.write(self.inner.provision(change)).await
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.write(self.inner.reserve_user_id()).await
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for FailingStore<S> {
    async fn record_login(&self, user: UserRef, time: Timestamp) -> Result<bool, StoreError> {
        self.write(self.inner.record_login(user, time)).await
    }

    async fn session_epoch(&self, user: UserRef) -> Result<Option<SessionEpoch>, StoreError> {
        self.read()?;
        self.inner.session_epoch(user).await
    }
}

#[async_trait]
impl<S: ListStore> ListStore for FailingStore<S> {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.read()?;
        self.inner.list_users(query).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        self.read()?;
        self.inner.list_groups(query).await
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        self.read()?;
        self.inner.list_paths(query).await
    }
}
