//! The port for changes that share a transaction.

use std::sync::Arc;

use async_trait::async_trait;

use super::{ProvisioningStore, StoreError};

/// A store that writes several changes together: one wait for the disk instead of one for each change.
///
/// # Laws
/// - A batch sees its own writes. Others see them after [`finish`](Batch::finish), all of them or none.
/// - A batch that is dropped, or in which a call has failed, leaves no trace.
///
/// A store whose calls cannot fail may write at once, and keep what a dropped batch has written.
#[async_trait]
pub trait BatchStore: ProvisioningStore {
    /// Begins a batch. Other writers may wait for its end, so keep it short.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn begin_batch(&self) -> Result<Arc<dyn Batch>, StoreError>;
}

/// A store whose writes are kept together; see [`BatchStore`].
#[async_trait]
pub trait Batch: ProvisioningStore {
    /// Keeps the writes of the batch. No call follows.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails: nothing was written, except as
    /// [`StoreErrorKind::Ambiguous`](super::StoreErrorKind::Ambiguous) states.
    async fn finish(&self) -> Result<(), StoreError>;
}
