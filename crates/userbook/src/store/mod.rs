//! The storage port [`UserStore`], and the types that pass through it.
//!
//! A store contains no rules. It returns one consistent read of facts and applies one conditional write; every rule is
//! in [`decide`](crate::decision::decide()), shared by all stores.

mod batch;
mod change_set;
mod claim;
mod directory;
mod error;
mod guards;
mod listing;
mod outbox;
mod scope;
mod seed;
mod session;
mod snapshot;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

pub use crate::policy::DistinctNames;

pub use batch::{Batch, BatchStore};
pub use change_set::{ChangeSet, CommitOutcome, FieldChanges};
pub use claim::{Claim, ClaimNamespace};
pub use directory::{
    DirectoryQuery, DirectorySnapshot, GroupShape, MemberChange, MemberQuery, MemberState,
    ProvisioningChange, ProvisioningOp, ProvisioningStore, SuperuserQuery,
};
pub use error::{StoreError, StoreErrorKind};
pub use guards::{ActorGuard, EpochGuard, EpochUse, Epochs, Guards};
pub use listing::{
    AttributeCondition, AttributeTest, Comparison, ContentFilter, ExternalIdFilter, GroupColumn, GroupEntry,
    GroupFilter, GroupListQuery, GroupPage, ListStore, Order, PathListQuery, PathPage, ROW_BYTES,
    ReadAttributes, RowContent, SuperuserFilter, TextPosition, TextTest, TimeColumn, TimeCondition, TimeTest,
    UserColumn, UserFilter, UserListQuery, UserPage,
};
pub use outbox::{Outbox, OutboxLimit};
pub use scope::{Scope, Scoped, UserSet};
pub use seed::{ImportData, ImportOutcome, ImportStore};
pub use session::SessionStore;
pub use snapshot::{ActorState, Snapshot, SnapshotQuery, Superusers};

/// Stores users. Two methods; every other part of an update belongs to the core.
///
/// # Laws
/// - `load` reads one consistent state and never sees half a commit.
/// - `commit` applies the complete [`ChangeSet`] or nothing, the event included, and only while the user's revision is
///   the expected one and every guard holds.
/// - A commit whose future is dropped is applied completely or not at all.
/// - `commit` writes only the columns that the change names.
/// - Two users never have one identifier in one external source, and neither have two groups. The commit of a taken
///   identifier is [`CommitOutcome::Rejected`] with
///   [`Violations::external_id_taken`](crate::Violations::external_id_taken).
///
/// The crate `userbook-conformance` checks all laws on your store; its front page contains a complete small store.
#[async_trait]
pub trait UserStore: Debug + Send + Sync + 'static {
    /// Reads consistently everything that the decision needs. Actor and counters are read whether or not the target
    /// exists.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails; a row that cannot be decoded is [`StoreErrorKind::Corrupt`],
    /// never a default.
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError>;

    /// Applies all of `change` or nothing, and only while its guards hold. Conflicts are outcomes.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails. [`StoreErrorKind::Ambiguous`] if it is unknown whether the change was
    /// applied: the service then looks for the event of its change id.
    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<S: UserStore + ?Sized> UserStore for $pointer<S> {
            async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
                (**self).load(query).await
            }

            async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
                (**self).commit(change).await
            }
        }

        #[async_trait]
        impl<S: ProvisioningStore + ?Sized> ProvisioningStore for $pointer<S> {
            async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
                (**self).load_directory(query).await
            }

            async fn provision(&self, provision: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
                (**self).provision(provision).await
            }

            async fn reserve_user_id(&self) -> Result<crate::model::UserId, StoreError> {
                (**self).reserve_user_id().await
            }
        }

        #[async_trait]
        impl<S: BatchStore + ?Sized> BatchStore for $pointer<S> {
            async fn begin_batch(&self) -> Result<Arc<dyn Batch>, StoreError> {
                (**self).begin_batch().await
            }
        }

        #[async_trait]
        impl<S: ListStore + ?Sized> ListStore for $pointer<S> {
            async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
                (**self).list_users(query).await
            }

            async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
                (**self).list_groups(query).await
            }

            async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
                (**self).list_paths(query).await
            }
        }

        #[async_trait]
        impl<S: SessionStore + ?Sized> SessionStore for $pointer<S> {
            async fn record_login(
                &self,
                user: crate::model::UserRef,
                time: crate::model::Timestamp,
            ) -> Result<bool, StoreError> {
                (**self).record_login(user, time).await
            }

            async fn session_epoch(
                &self,
                user: crate::model::UserRef,
            ) -> Result<Option<crate::model::SessionEpoch>, StoreError> {
                (**self).session_epoch(user).await
            }
        }

        #[async_trait]
        impl<S: Outbox + ?Sized> Outbox for $pointer<S> {
            async fn pending(&self, limit: crate::store::OutboxLimit) -> Result<Vec<crate::event::Event>, StoreError> {
                (**self).pending(limit).await
            }

            async fn ack(&self, ids: &[crate::model::ChangeId]) -> Result<(), StoreError> {
                (**self).ack(ids).await
            }

            async fn prune_before(&self, time: crate::model::Timestamp) -> Result<u64, StoreError> {
                (**self).prune_before(time).await
            }
        }
    )+};
}
forward!(Arc, Box);
