//! The port that hands events on.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::{ChangeId, Event, Timestamp};

/// Events that wait to be handed on, at least once each.
///
/// There is no cursor: an event that commits late may bear a smaller id than one already seen, and "everything
/// after my cursor" would lose it. What is not acknowledged is pending.
#[async_trait]
pub trait Outbox: Debug + Send + Sync + 'static {
    /// Up to `limit` events that were not acknowledged. Events of one user come in the order of their
    /// versions; nothing is promised between users.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn pending(&self, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Marks events as handed on; unknown ids are ignored.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError>;

    /// Deletes *acknowledged* events that happened before `time`, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError>;
}
