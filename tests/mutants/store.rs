//! A store that obeys every law except those its mutation violates.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use userbook::{
    Timestamp, User, UserId, UserRef, UserStore,
    event::Event,
    model::{ChangeId, SessionEpoch},
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, Epochs, GroupListQuery, GroupPage,
        ImportData, ImportOutcome, ImportStore, ListStore, Outbox, OutboxLimit, PathListQuery, PathPage,
        ProvisioningChange, ProvisioningStore, SessionStore, Snapshot, SnapshotQuery, StoreError,
        UserListQuery, UserPage,
    },
};
use userbook_conformance::{Harness, Task};
use userbook_memory::MemoryStore;

/// Hooks before and after the operations of the store. The defaults change nothing.
#[async_trait]
pub(crate) trait Mutation: Debug + Default + Send + Sync + 'static {
    async fn after_load(&self, _store: &MemoryStore, _query: &SnapshotQuery, _facts: &mut Snapshot) {}

    /// Returning an outcome skips the commit.
    async fn before_commit(&self, _store: &MemoryStore, _change: &mut ChangeSet) -> Option<CommitOutcome> {
        None
    }

    async fn after_commit(&self, _store: &MemoryStore, _change: &ChangeSet, _outcome: &mut CommitOutcome) {}

    async fn after_load_directory(
        &self,
        _store: &MemoryStore,
        _query: &DirectoryQuery,
        _facts: &mut DirectorySnapshot,
    ) {
    }

    async fn before_provision(&self, _store: &MemoryStore, _change: &mut ProvisioningChange) {}

    async fn after_provision(&self, _change: &ProvisioningChange, _outcome: &CommitOutcome) {}

    async fn list_users(&self, store: &MemoryStore, query: &UserListQuery) -> Result<UserPage, StoreError> {
        store.list_users(query).await
    }

    async fn list_groups(
        &self,
        store: &MemoryStore,
        query: &GroupListQuery,
    ) -> Result<GroupPage, StoreError> {
        store.list_groups(query).await
    }

    async fn list_paths(&self, store: &MemoryStore, query: &PathListQuery) -> Result<PathPage, StoreError> {
        store.list_paths(query).await
    }

    async fn record_login(
        &self,
        store: &MemoryStore,
        user: UserRef,
        time: Timestamp,
    ) -> Result<bool, StoreError> {
        store.record_login(user, time).await
    }

    async fn session_epoch(
        &self,
        store: &MemoryStore,
        user: UserRef,
    ) -> Result<Option<SessionEpoch>, StoreError> {
        store.session_epoch(user).await
    }

    async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        store.pending(limit).await
    }

    async fn ack(&self, store: &MemoryStore, ids: &[ChangeId]) -> Result<(), StoreError> {
        store.ack(ids).await
    }

    async fn prune_before(&self, store: &MemoryStore, time: Timestamp) -> Result<u64, StoreError> {
        store.prune_before(time).await
    }

    async fn import(&self, store: &MemoryStore, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        store.import(rows).await
    }
}

/// Changes nothing; the reference for mutations.
#[derive(Debug, Default)]
pub(crate) struct Unmodified;

impl Mutation for Unmodified {}

/// The reference store with a mutation.
#[derive(Debug, Default)]
pub(crate) struct Broken<F> {
    store: MemoryStore,
    mutation: F,
}

#[async_trait]
impl<F: Mutation> UserStore for Broken<F> {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        let mut facts = self.store.load(query).await?;
        self.mutation.after_load(&self.store, query, &mut facts).await;
        Ok(facts)
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let mut written = change.clone();
        if let Some(answer) = self.mutation.before_commit(&self.store, &mut written).await {
            return Ok(answer);
        }
        let mut outcome = self.store.commit(&written).await?;
        self.mutation.after_commit(&self.store, &written, &mut outcome).await;
        Ok(outcome)
    }
}

#[async_trait]
impl<F: Mutation> ProvisioningStore for Broken<F> {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        let mut directory = self.store.load_directory(query).await?;
        self.mutation.after_load_directory(&self.store, query, &mut directory).await;
        Ok(directory)
    }

    async fn provision(&self, provision: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let mut written = provision.clone();
        self.mutation.before_provision(&self.store, &mut written).await;
        let outcome = self.store.provision(&written).await?;
        self.mutation.after_provision(&written, &outcome).await;
        Ok(outcome)
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.store.reserve_user_id().await
    }
}

#[async_trait]
impl<F: Mutation> ListStore for Broken<F> {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.mutation.list_users(&self.store, query).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        self.mutation.list_groups(&self.store, query).await
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        self.mutation.list_paths(&self.store, query).await
    }
}

#[async_trait]
impl<F: Mutation> Outbox for Broken<F> {
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        self.mutation.pending(&self.store, limit).await
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        self.mutation.ack(&self.store, ids).await
    }

    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.mutation.prune_before(&self.store, time).await
    }
}

#[async_trait]
impl<F: Mutation> SessionStore for Broken<F> {
    async fn record_login(&self, user: UserRef, time: Timestamp) -> Result<bool, StoreError> {
        self.mutation.record_login(&self.store, user, time).await
    }

    async fn session_epoch(&self, user: UserRef) -> Result<Option<SessionEpoch>, StoreError> {
        self.mutation.session_epoch(&self.store, user).await
    }
}

#[async_trait]
impl<F: Mutation> ImportStore for Broken<F> {
    async fn import(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
        self.mutation.import(&self.store, rows).await
    }

    async fn install_id(&self) -> Result<Option<String>, StoreError> {
        self.store.install_id().await
    }
}

/// A broken store under test.
pub(crate) struct UnderTest<F>(Arc<Broken<F>>);

impl<F: Mutation> Harness for UnderTest<F> {
    type Store = Broken<F>;

    async fn with(rows: &ImportData) -> Self {
        let broken = Broken::default();
        broken.import(rows).await.expect("the kit's rows can be imported");
        Self(Arc::new(broken))
    }

    fn store(&self) -> Arc<Broken<F>> {
        Arc::clone(&self.0)
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        self.0.store.record_login(user.into(), last_login).await.expect("is not poisoned");
        self.0.store.write_password_change_date(user, password_change_date).expect("is not poisoned");
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async {
            if let Err(error) = tokio::spawn(task).await {
                // The table shows the message of the case.
                std::panic::resume_unwind(error.into_panic());
            }
        })
    }
}

/// Returns the row of a user, if it exists.
pub(crate) async fn row(store: &MemoryStore, user: UserId) -> Option<User> {
    store.load(&SnapshotQuery::user(user)).await.expect("memory does not fail").user
}

/// Returns the guard counters.
pub(crate) async fn epochs(store: &MemoryStore) -> Epochs {
    store.load(&SnapshotQuery::default()).await.expect("memory does not fail").epochs
}

/// Returns facts about groups or members.
pub(crate) async fn directory(store: &MemoryStore, query: &DirectoryQuery) -> DirectorySnapshot {
    store.load_directory(query).await.expect("memory does not fail")
}

/// Yields to all other tasks, like waiting for a database.
pub(crate) async fn pause() {
    tokio::task::yield_now().await;
}
