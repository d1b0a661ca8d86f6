//! What the replicas on one database agree on: which one delivers, which destination has which event, and the events
//! that a destination does not accept.

mod memory;
mod sql;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    time::Duration,
};

use async_trait::async_trait;
pub(crate) use memory::MemoryCoordination;
pub(crate) use sql::SqlCoordination;
use userbook::{
    Timestamp,
    event::Event,
    model::ChangeId,
    store::{OutboxLimit, StoreError},
};

/// A destination of events. The key stands for the destination in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// 16 hexadecimal digits.
    pub key: String,
    /// The destination without secrets, for people.
    pub name: String,
}

/// An event that a destination does not have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PendingEvent {
    /// Orders the events of one user or group.
    pub position: i64,
    pub event: Event,
    /// The keys of the destinations that have the event.
    pub delivered: BTreeSet<String>,
}

/// The destinations that have an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub position: i64,
    pub event: ChangeId,
    /// Keys.
    pub sinks: BTreeSet<String>,
}

/// An event that was set aside for one destination.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FailedEvent {
    pub event: Event,
    /// The name of the destination.
    pub destination: String,
    /// Why the destination rejected the event, the last time.
    pub error: String,
    /// When the event was set aside.
    pub time: Timestamp,
}

/// What the replicas on one database agree on. Each method fails when the storage fails.
#[async_trait]
pub(crate) trait Coordination: Debug + Send + Sync {
    /// Takes or renews the right to deliver events, for this time. Returns false while another holder has it.
    async fn claim(&self, holder: &str, time: Duration) -> Result<bool, StoreError>;

    /// Gives the right back.
    async fn release(&self, holder: &str) -> Result<(), StoreError>;

    /// Returns the oldest events after a position that are not acknowledged and that the destination does not have.
    async fn pending(
        &self,
        destination: &str,
        after: i64,
        limit: OutboxLimit,
    ) -> Result<Vec<PendingEvent>, StoreError>;

    /// Returns the position of the newest event, delivered or not; 0 if there is none.
    async fn last_position(&self) -> Result<i64, StoreError>;

    /// Returns the number of events that [`pending`](Self::pending) returns in total, up to `limit`.
    async fn count_pending(&self, destination: &str, limit: u32) -> Result<u64, StoreError>;

    /// Adds destinations to those that have an event, and returns all of each event. Only the holder of the claim
    /// calls this.
    async fn record(&self, delivered: Vec<Delivered>) -> Result<Vec<Delivered>, StoreError>;

    /// Keeps an event that a destination rejects.
    async fn set_aside(
        &self,
        destination: &Destination,
        event: &Event,
        error: &str,
    ) -> Result<(), StoreError>;

    /// Returns events that were set aside, newest first.
    async fn failed(&self, limit: u32) -> Result<Vec<FailedEvent>, StoreError>;

    /// Returns the number of events that were set aside, by the name of the destination.
    async fn count_failed(&self) -> Result<Vec<(String, u64)>, StoreError>;

    /// Marks events that were set aside as to be sent again: this event, or all. Returns the number of deliveries by
    /// the name of the destination.
    async fn retry(&self, event: Option<ChangeId>) -> Result<BTreeMap<String, u64>, StoreError>;

    /// Returns events to be sent again to a destination, oldest first.
    async fn retries(&self, destination: &str, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Forgets an event that was set aside, after its delivery.
    async fn forget(&self, destination: &str, event: ChangeId) -> Result<(), StoreError>;

    /// Deletes events that were set aside before this time, and returns their number.
    async fn prune_failed(&self, before: Timestamp) -> Result<u64, StoreError>;
}
