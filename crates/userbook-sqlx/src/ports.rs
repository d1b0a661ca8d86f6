//! The ports, which every store implements in the same way: by methods of its own, each in a file of its own.

/// Implements the ports for a store.
macro_rules! ports {
    ($store:ident) => {
        const _: () = {
            use userbook::{
                Timestamp, UserStore,
                event::Event,
                model::ChangeId,
                store::{
                    ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery, GroupPage,
                    ImportData, ImportOutcome, ImportStore, ListStore, Outbox, OutboxLimit,
                    ProvisioningChange, ProvisioningStore, Snapshot, SnapshotQuery, StoreError,
                    UserListQuery, UserPage,
                },
            };

            #[async_trait::async_trait]
            impl UserStore for $store {
                async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
                    self.load_one(query).await
                }

                async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
                    self.commit_one(change).await
                }
            }

            #[async_trait::async_trait]
            impl ProvisioningStore for $store {
                async fn load_directory(
                    &self,
                    query: &DirectoryQuery,
                ) -> Result<DirectorySnapshot, StoreError> {
                    self.load_directory_once(query).await
                }

                async fn provision(
                    &self,
                    provision: &ProvisioningChange,
                ) -> Result<CommitOutcome, StoreError> {
                    self.provision_one(provision).await
                }
            }

            #[async_trait::async_trait]
            impl ListStore for $store {
                async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
                    self.users_page(query).await
                }

                async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
                    self.groups_page(query).await
                }
            }

            #[async_trait::async_trait]
            impl Outbox for $store {
                async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
                    self.pending_events(limit).await
                }

                async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
                    self.ack_events(ids).await
                }

                async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
                    self.prune_events(time).await
                }
            }

            #[async_trait::async_trait]
            impl ImportStore for $store {
                async fn import(&self, rows: &ImportData) -> Result<ImportOutcome, StoreError> {
                    self.import_rows(rows).await
                }

                async fn install_id(&self) -> Result<Option<String>, StoreError> {
                    self.get_install().await
                }
            }
        };
    };
}

pub(crate) use ports;
