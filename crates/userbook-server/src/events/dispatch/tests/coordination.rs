//! The coordination of tests.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::watch;
use userbook::{
    Timestamp,
    event::Event,
    model::ChangeId,
    store::{Outbox, OutboxLimit, StoreError},
};

use crate::events::coordination::{
    Coordination, Delivered, Destination, FailedEvent, MemoryCoordination, PendingEvent,
};

/// Coordination that records its calls, and that another process can take the claim from.
#[derive(Debug)]
pub(super) struct TestCoordination {
    memory: MemoryCoordination,
    pub(super) claims: AtomicUsize,
    pub(super) is_taken: AtomicBool,
    pub(super) queries: AtomicUsize,
    /// The destination and the position of each query.
    pub(super) positions: Mutex<Vec<(String, i64)>>,
    /// The keys of the destinations whose answers about pending events are held back.
    pub(super) held: watch::Sender<HashSet<String>>,
    /// The number of events in the last answer that was held back, by key.
    pub(super) holding: Mutex<HashMap<String, usize>>,
}

impl TestCoordination {
    pub(super) fn new(outbox: Arc<dyn Outbox>) -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryCoordination::new(outbox),
            claims: AtomicUsize::new(0),
            is_taken: AtomicBool::new(false),
            queries: AtomicUsize::new(0),
            positions: Mutex::default(),
            held: watch::Sender::default(),
            holding: Mutex::default(),
        })
    }
}

#[async_trait]
impl Coordination for TestCoordination {
    async fn claim(&self, _: &str, _: Duration) -> Result<bool, StoreError> {
        self.claims.fetch_add(1, Ordering::Relaxed);
        Ok(!self.is_taken.load(Ordering::Relaxed))
    }

    async fn release(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn pending(
        &self,
        key: &str,
        after: i64,
        limit: OutboxLimit,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.positions.lock().unwrap().push((key.to_owned(), after));
        let answer = self.memory.pending(key, after, limit).await;
        let mut held = self.held.subscribe();
        if held.borrow().contains(key) {
            let count = answer.as_ref().map_or(0, Vec::len);
            self.holding.lock().unwrap().insert(key.to_owned(), count);
            held.wait_for(|held| !held.contains(key)).await.unwrap();
        }
        answer
    }

    async fn last_position(&self) -> Result<i64, StoreError> {
        self.memory.last_position().await
    }

    async fn count_pending(&self, destination: &str, limit: u32) -> Result<u64, StoreError> {
        self.memory.count_pending(destination, limit).await
    }

    async fn count_failed(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.memory.count_failed().await
    }

    async fn record(&self, delivered: Vec<Delivered>) -> Result<Vec<Delivered>, StoreError> {
        self.memory.record(delivered).await
    }

    async fn set_aside(&self, to: &Destination, event: &Event, error: &str) -> Result<(), StoreError> {
        self.memory.set_aside(to, event, error).await
    }

    async fn failed(&self, limit: u32) -> Result<Vec<FailedEvent>, StoreError> {
        self.memory.failed(limit).await
    }

    async fn retry(&self, event: Option<ChangeId>) -> Result<BTreeMap<String, u64>, StoreError> {
        self.memory.retry(event).await
    }

    async fn retries(&self, destination: &str, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.memory.retries(destination, limit).await
    }

    async fn forget(&self, destination: &str, event: ChangeId) -> Result<(), StoreError> {
        self.memory.forget(destination, event).await
    }

    async fn prune_failed(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.memory.prune_failed(before).await
    }
}
