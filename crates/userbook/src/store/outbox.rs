//! The port for the delivery of events.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::{
    event::Event,
    model::{ChangeId, Timestamp},
};

/// The maximum size of one result of [`Outbox::pending`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLimit {
    /// The number of events.
    pub events: u32,
    /// The total size of the events as stored JSON, in bytes. At least one event of any size is returned.
    pub bytes: u64,
}

/// Events that wait for delivery, at least once each.
///
/// There is no cursor: an event that commits late may have a smaller id than an event that was already seen, and
/// "everything after my cursor" would lose it. Every event without acknowledgement is pending.
#[async_trait]
pub trait Outbox: Debug + Send + Sync + 'static {
    /// Returns the oldest pending events within `limit`. Events of one user come in the order of their versions; the
    /// order between users is unspecified.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError>;

    /// Marks events as acknowledged; unknown ids are ignored.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError>;

    /// Deletes *acknowledged* events that happened before `time`, and returns their number.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError>;
}
