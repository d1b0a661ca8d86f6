//! Events in the order of their writes.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
};

use userbook::{Timestamp, event::Event, model::ChangeId};

use crate::MemoryError;

/// All events; pending ones and acknowledged ones are separate.
#[derive(Debug, Default)]
pub(crate) struct Events {
    written: u64,
    places: HashMap<ChangeId, u64>,
    pending: BTreeMap<u64, Arc<Event>>,
    acked: BTreeMap<u64, Arc<Event>>,
}

impl Events {
    /// Returns whether the event of this change exists.
    pub(crate) fn contains(&self, change: ChangeId) -> bool {
        self.places.contains_key(&change)
    }

    /// Adds an event unless its id exists.
    pub(crate) fn push(&mut self, event: Arc<Event>) -> Result<(), MemoryError> {
        match self.places.entry(event.id) {
            Entry::Occupied(_) => Err(MemoryError::DuplicateEvent(event.id)),
            Entry::Vacant(place) => {
                self.written += 1;
                place.insert(self.written);
                self.pending.insert(self.written, event);
                Ok(())
            }
        }
    }

    /// Returns up to `limit` pending events, oldest first.
    pub(crate) fn pending(&self, limit: u32) -> Vec<Arc<Event>> {
        self.pending.values().take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
    }

    /// Marks events as acknowledged.
    pub(crate) fn ack(&mut self, ids: &[ChangeId]) {
        for place in ids.iter().filter_map(|id| self.places.get(id)) {
            if let Some(event) = self.pending.remove(place) {
                self.acked.insert(*place, event);
            }
        }
    }

    /// Deletes acknowledged events that happened before `time`.
    pub(crate) fn prune_before(&mut self, time: Timestamp) -> u64 {
        let before = self.acked.len();
        let places = &mut self.places;
        self.acked.retain(|_, event| {
            let keep = event.time >= time;
            if !keep {
                places.remove(&event.id);
            }
            keep
        });
        (before - self.acked.len()) as u64
    }
}
