//! Deletes old events.

use std::{error::Error, sync::Arc, time::Duration};

use userbook::{
    Timestamp,
    clock::{Clock, SystemClock},
    store::{Outbox, OutboxLimit, StoreError},
};

use super::coordination::Coordination;

/// The time between two deletions.
const INTERVAL: Duration = Duration::from_hours(1);

/// The maximum size of one round of undelivered events.
const ROUND: OutboxLimit = OutboxLimit { events: 100, bytes: 4 * 1024 * 1024 };

/// Deletes old events now and each hour. `undelivered`: nothing receives events, so that none has to wait.
pub(crate) async fn keep_pruning(
    outbox: Arc<dyn Outbox>,
    coordination: Arc<dyn Coordination>,
    keep_days: u32,
    undelivered: bool,
) {
    loop {
        let before = cutoff(SystemClock.now(), keep_days);
        match prune(&*outbox, &*coordination, before, undelivered).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "deleted old events"),
            Err(error) => tracing::warn!(error = &error as &dyn Error, "could not delete old events"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Returns the time before which events are old.
pub(crate) fn cutoff(now: Timestamp, keep_days: u32) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let micros = now.timestamp_micros().saturating_sub(i64::from(keep_days) * DAY);
    Timestamp::from_timestamp_micros(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Deletes events that are older than `before`: those that are delivered or were set aside before that time, and on
/// request the others. Returns how many; an event that several destinations rejected counts once for each.
///
/// # Errors
/// [`StoreError`] when the storage fails.
pub(crate) async fn prune(
    outbox: &dyn Outbox,
    coordination: &dyn Coordination,
    before: Timestamp,
    undelivered: bool,
) -> Result<u64, StoreError> {
    if undelivered {
        give_up(outbox, before).await?;
    }
    Ok(outbox.prune_before(before).await? + coordination.prune_failed(before).await?)
}

/// Marks events that are older than `before` as delivered.
async fn give_up(outbox: &dyn Outbox, before: Timestamp) -> Result<(), StoreError> {
    loop {
        let pending = outbox.pending(ROUND).await?;
        let old: Vec<_> = pending.iter().filter(|event| event.time < before).map(|event| event.id).collect();
        if old.is_empty() {
            return Ok(());
        }
        outbox.ack(&old).await?;
    }
}
