//! Which destinations have which events, until the events are acknowledged.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use userbook::{
    model::ChangeId,
    store::{Outbox, StoreError},
};

use super::coordination::{Coordination, Delivered, PendingEvent};

/// An event that some destinations do not have after this time is recorded in the database, so that a restart does not
/// repeat the event for the others.
const STRAGGLER: Duration = Duration::from_secs(1);

/// The number of events that are recorded at once.
const RECORDED: usize = 500;

/// The events that at least one destination has.
#[derive(Debug)]
pub(super) struct Progress {
    outbox: Arc<dyn Outbox>,
    coordination: Arc<dyn Coordination>,
    /// The keys of all destinations.
    all: BTreeSet<String>,
    entries: Mutex<HashMap<i64, Entry>>,
    /// One task at a time writes.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Entry {
    event: ChangeId,
    sinks: BTreeSet<String>,
    since: Instant,
}

impl Progress {
    pub(super) fn new(
        outbox: Arc<dyn Outbox>,
        coordination: Arc<dyn Coordination>,
        all: BTreeSet<String>,
    ) -> Self {
        Self { outbox, coordination, all, entries: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<i64, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a destination that has the event.
    pub(super) fn delivered(&self, pending: &PendingEvent, destination: &str) {
        let mut entries = self.entries();
        let entry = entries.entry(pending.position).or_insert_with(|| Entry {
            event: pending.event.id,
            sinks: BTreeSet::new(),
            since: Instant::now(),
        });
        entry.sinks.extend(pending.delivered.iter().filter(|key| self.all.contains(*key)).cloned());
        entry.sinks.insert(destination.to_owned());
    }

    /// Acknowledges the events that all destinations have, and records those that have waited for some destination.
    /// `all`: records events regardless of how long they have waited.
    pub(super) async fn flush(&self, all: bool) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let (complete, waiting) = self.due(all);
        self.acknowledge(complete).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let recorded = self.coordination.record(waiting).await?;
        self.forget(&recorded);
        self.acknowledge(recorded.into_iter().filter(|entry| self.is_complete(&entry.sinks)).collect()).await
    }

    /// Returns the events to acknowledge, and those to record.
    fn due(&self, all: bool) -> (Vec<Delivered>, Vec<Delivered>) {
        let now = Instant::now();
        let entries = self.entries();
        let due = entries.iter().filter(|(_, entry)| {
            all || self.is_complete(&entry.sinks) || now.duration_since(entry.since) >= STRAGGLER
        });
        let due = due.map(|(&position, entry)| Delivered {
            position,
            event: entry.event,
            sinks: entry.sinks.clone(),
        });
        let (complete, mut waiting): (Vec<_>, Vec<_>) = due.partition(|entry| self.is_complete(&entry.sinks));
        waiting.sort_by_key(|entry| entry.position);
        waiting.truncate(RECORDED);
        (complete, waiting)
    }

    /// Forgets what the database has. A destination may have received an event meanwhile.
    fn forget(&self, recorded: &[Delivered]) {
        let mut entries = self.entries();
        for Delivered { position, sinks, .. } in recorded {
            if let Some(entry) = entries.get_mut(position) {
                entry.sinks.retain(|key| !sinks.contains(key));
            }
        }
        entries.retain(|_, entry| !entry.sinks.is_empty());
    }

    fn is_complete(&self, sinks: &BTreeSet<String>) -> bool {
        self.all.is_subset(sinks)
    }

    async fn acknowledge(&self, complete: Vec<Delivered>) -> Result<(), StoreError> {
        if complete.is_empty() {
            return Ok(());
        }
        let ids: Vec<ChangeId> = complete.iter().map(|entry| entry.event).collect();
        self.outbox.ack(&ids).await?;
        self.forget(&complete);
        Ok(())
    }
}
