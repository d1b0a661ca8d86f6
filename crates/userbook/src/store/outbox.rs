//! The port that hands events on.

use std::fmt::Debug;

use async_trait::async_trait;

use super::StoreError;
use crate::{
    event::Event,
    model::{ChangeId, Timestamp},
};

/// The maximum size of one answer of [`Outbox::pending`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLimit {
    /// The number of events.
    pub events: u32,
    /// The total size of the events as stored JSON, in bytes. One event is returned whatever its size.
    pub bytes: u64,
}

/// Events that wait to be handed on, at least once each.
///
/// There is no cursor: an event that commits late may bear a smaller id than one already seen, and "everything
/// after my cursor" would lose it. What is not acknowledged is pending.
#[async_trait]
pub trait Outbox: Debug + Send + Sync + 'static {
    /// The oldest events that are not acknowledged, within `limit`. Events of one user come in the order of their
    /// versions; the order between users is unspecified.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError>;

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
