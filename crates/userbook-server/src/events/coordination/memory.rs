//! Coordination of the only server of a directory in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use userbook::{
    Timestamp,
    clock::{Clock, SystemClock},
    event::Event,
    model::ChangeId,
    store::{Outbox, OutboxLimit, StoreError},
};

use super::{Coordination, Delivered, Destination, FailedEvent, PendingEvent};

const EVERYTHING: OutboxLimit = OutboxLimit { events: u32::MAX, bytes: u64::MAX };

#[derive(Debug)]
pub(crate) struct MemoryCoordination {
    outbox: Arc<dyn Outbox>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: i64,
    /// The pending events.
    events: HashMap<ChangeId, Place>,
    failed: Vec<SetAside>,
}

#[derive(Debug, Clone, Default)]
struct Place {
    position: i64,
    delivered: BTreeSet<String>,
}

#[derive(Debug)]
struct SetAside {
    key: String,
    row: FailedEvent,
    retry: bool,
}

impl MemoryCoordination {
    pub(crate) fn new(outbox: Arc<dyn Outbox>) -> Self {
        Self { outbox, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a pending event its position.
    fn place(&mut self, event: ChangeId) -> Place {
        let last = &mut self.last;
        let place = self.events.entry(event).or_insert_with(|| {
            *last += 1;
            Place { position: *last, delivered: BTreeSet::new() }
        });
        place.clone()
    }
}

#[async_trait]
impl Coordination for MemoryCoordination {
    async fn claim(&self, _: &str, _: Duration) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn release(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn pending(
        &self,
        destination: &str,
        after: i64,
        limit: OutboxLimit,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        let events = self.outbox.pending(EVERYTHING).await?;
        let mut state = self.state();
        let ids: BTreeSet<ChangeId> = events.iter().map(|event| event.id).collect();
        state.events.retain(|id, _| ids.contains(id));
        let placed = events.into_iter().map(|event| {
            let Place { position, delivered } = state.place(event.id);
            PendingEvent { position, event, delivered }
        });
        let missing =
            placed.filter(|pending| pending.position > after && !pending.delivered.contains(destination));
        Ok(missing.take(usize::try_from(limit.events).unwrap_or(usize::MAX)).collect())
    }

    async fn last_position(&self) -> Result<i64, StoreError> {
        Ok(self.state().last)
    }

    async fn count_pending(&self, destination: &str, limit: u32) -> Result<u64, StoreError> {
        let limit = OutboxLimit { events: limit, bytes: u64::MAX };
        Ok(self.pending(destination, 0, limit).await?.len() as u64)
    }

    async fn record(&self, mut delivered: Vec<Delivered>) -> Result<Vec<Delivered>, StoreError> {
        let mut state = self.state();
        for entry in &mut delivered {
            if let Some(place) = state.events.get_mut(&entry.event) {
                place.delivered.append(&mut entry.sinks);
                entry.sinks.clone_from(&place.delivered);
            }
        }
        Ok(delivered)
    }

    async fn set_aside(
        &self,
        destination: &Destination,
        event: &Event,
        error: &str,
    ) -> Result<(), StoreError> {
        let Destination { key, name } = destination.clone();
        self.forget(&key, event.id).await?;
        let (event, error, time) = (event.clone(), error.to_owned(), SystemClock.now());
        let row = FailedEvent { event, destination: name, error, time };
        self.state().failed.push(SetAside { key, row, retry: false });
        Ok(())
    }

    async fn failed(&self, limit: u32) -> Result<Vec<FailedEvent>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.state().failed.iter().rev().take(limit).map(|entry| entry.row.clone()).collect())
    }

    async fn count_failed(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut counts = BTreeMap::<String, u64>::new();
        for entry in &self.state().failed {
            *counts.entry(entry.row.destination.clone()).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn retry(&self, event: Option<ChangeId>) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut marked = BTreeMap::new();
        for entry in &mut self.state().failed {
            if !entry.retry && event.is_none_or(|event| entry.row.event.id == event) {
                entry.retry = true;
                *marked.entry(entry.row.destination.clone()).or_default() += 1;
            }
        }
        Ok(marked)
    }

    async fn retries(&self, destination: &str, limit: u32) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        let marked = state.failed.iter().filter(|entry| entry.retry && entry.key == destination);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(marked.take(limit).map(|entry| entry.row.event.clone()).collect())
    }

    async fn forget(&self, destination: &str, event: ChangeId) -> Result<(), StoreError> {
        self.state().failed.retain(|entry| entry.key != destination || entry.row.event.id != event);
        Ok(())
    }

    async fn prune_failed(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let count = state.failed.len();
        state.failed.retain(|entry| entry.row.time >= before);
        Ok((count - state.failed.len()) as u64)
    }
}
