//! A store that creates a SCIM connection in the step that creates its account.

use std::sync::Arc;

use async_trait::async_trait;
use userbook::{
    UserId, UserStore,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, ProvisioningChange, ProvisioningOp,
        ProvisioningStore, Snapshot, SnapshotQuery, StoreError,
    },
};
use userbook_http::TokenHash;

use crate::{
    auth::{ConnectionRow, ConnectionStore},
    database::Directory,
};

/// Adds a connection to each inserted user. Everything else is the store's.
#[derive(Debug, Clone)]
pub(crate) struct Connecting {
    store: Arc<dyn Directory>,
    connections: Arc<dyn ConnectionStore>,
    name: String,
    hash: TokenHash,
    deactivates: bool,
    is_strict: bool,
}

impl Connecting {
    pub(crate) fn new(
        store: Arc<dyn Directory>,
        connections: Arc<dyn ConnectionStore>,
        name: impl Into<String>,
        hash: TokenHash,
        deactivates: bool,
        is_strict: bool,
    ) -> Self {
        Self { store, connections, name: name.into(), hash, deactivates, is_strict }
    }
}

#[async_trait]
impl UserStore for Connecting {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.store.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.store.commit(change).await
    }
}

#[async_trait]
impl ProvisioningStore for Connecting {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.store.load_directory(query).await
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let ProvisioningOp::InsertUser(account) = &change.op else {
            return self.store.provision(change).await;
        };
        let connection = ConnectionRow {
            name: self.name.clone(),
            hash: self.hash,
            user: account.id,
            deactivates: self.deactivates,
            is_strict: self.is_strict,
        };
        self.connections.connect(change, &connection).await
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.store.reserve_user_id().await
    }
}
