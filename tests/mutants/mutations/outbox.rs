//! Events that are lost or delivered in the wrong order.

use userbook::{
    Timestamp,
    event::Event,
    model::ChangeId,
    store::{Outbox, OutboxLimit, StoreError},
};
use userbook_memory::MemoryStore;

use super::mutations;

const EVERYTHING: OutboxLimit = OutboxLimit { events: u32::MAX, bytes: u64::MAX };

async fn all(store: &MemoryStore) -> Result<Vec<Event>, StoreError> {
    store.pending(EVERYTHING).await
}

fn first(events: Vec<Event>, limit: OutboxLimit) -> Vec<Event> {
    events.into_iter().take(limit.events as usize).collect()
}

mutations! {
    /// Delivers the newest events first.
    PendingComesReversed {
        async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            let mut events = all(store).await?;
            events.reverse();
            Ok(first(events, limit))
        }
    }

    /// Sorts events by id instead of version.
    PendingComesById {
        async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            let mut events = all(store).await?;
            events.sort_by_key(|event| event.id);
            Ok(first(events, limit))
        }
    }

    /// Ignores the limit.
    PendingIgnoresTheLimit {
        async fn pending(&self, store: &MemoryStore, _: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            all(store).await
        }
    }

    /// Limits the number of events, but not the bytes.
    IgnoresTheBytesOfEvents {
        async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            store.pending(OutboxLimit { bytes: u64::MAX, ..limit }).await
        }
    }

    /// Ends the batch after the event that exceeds the limit of bytes.
    ReturnsOneEventTooMany {
        async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            let within = store.pending(limit).await?.len();
            let more = if limit.bytes == u64::MAX { within } else { within + 1 };
            Ok(all(store).await?.into_iter().take(more.min(limit.events as usize)).collect())
        }
    }

    /// Never returns an event that is larger than the limit, so that later events are blocked.
    BlocksAtALargeEvent {
        async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            let events = store.pending(limit).await?;
            let bytes = |event: &Event| serde_json::to_vec(event).map_or(0, |json| json.len() as u64);
            Ok(events.into_iter().take_while(|event| bytes(event) <= limit.bytes).collect())
        }
    }

    /// `UPDATE outbox SET acked = TRUE` without a condition.
    AcknowledgesEverything {
        async fn ack(&self, store: &MemoryStore, _: &[ChangeId]) -> Result<(), StoreError> {
            let ids: Vec<_> = all(store).await?.iter().map(|event| event.id).collect();
            store.ack(&ids).await
        }
    }

    /// Uses a cursor: acknowledging an event acknowledges all earlier ones.
    AcknowledgesUpToACursor {
        async fn ack(&self, store: &MemoryStore, ids: &[ChangeId]) -> Result<(), StoreError> {
            let all: Vec<_> = all(store).await?.iter().map(|event| event.id).collect();
            let end = all.iter().rposition(|id| ids.contains(id)).map_or(0, |last| last + 1);
            store.ack(all.get(..end).unwrap_or_default()).await
        }
    }

    /// Prunes old events that are not acknowledged.
    PrunesPendingEvents {
        async fn prune_before(&self, store: &MemoryStore, time: Timestamp) -> Result<u64, StoreError> {
            let all = all(store).await?;
            let old: Vec<_> = all.iter().filter(|event| event.time < time).map(|event| event.id).collect();
            store.ack(&old).await?;
            store.prune_before(time).await
        }
    }

    /// Prunes acknowledged events regardless of their age.
    PrunesYoungEvents {
        async fn prune_before(&self, store: &MemoryStore, _: Timestamp) -> Result<u64, StoreError> {
            store.prune_before(Timestamp::MAX_UTC).await
        }
    }

    /// Does not write the request id.
    LosesPartsOfEvents {
        async fn pending(&self, store: &MemoryStore, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
            let events = store.pending(limit).await?;
            Ok(events.into_iter().map(|event| Event { request_id: None, ..event }).collect())
        }
    }
}
