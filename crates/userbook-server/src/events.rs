//! `--events stdout`: audit events as JSON Lines.

use std::{error::Error, io::Write, time::Duration};

use async_trait::async_trait;
use tokio::sync::watch;
use userbook::{
    Timestamp,
    event::Event,
    service::{EventSink, deliver},
    store::{Outbox, OutboxLimit, StoreError},
};

/// The maximum number of events in one round.
const ROUND: u32 = 100;

/// The maximum size of the events of one round of pruning.
const PRUNED_BYTES: u64 = 4 * 1024 * 1024;

/// The pause when nothing is pending.
const PAUSE: Duration = Duration::from_millis(200);

/// Writes each event as one line to standard output.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StdoutSink;

#[async_trait]
impl EventSink for StdoutSink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        let mut out = std::io::stdout().lock();
        out.write_all(&line)?;
        Ok(out.flush()?)
    }
}

/// Delivers events until `stop`, then those that are pending. One round loads at most `max_bytes` of events.
pub(crate) async fn run(
    outbox: impl Outbox,
    sink: impl EventSink,
    max_bytes: u64,
    mut stop: watch::Receiver<bool>,
) {
    let limit = OutboxLimit { events: ROUND, bytes: max_bytes };
    loop {
        let stopping = *stop.borrow();
        match deliver(&outbox, &sink, limit).await {
            // A round may end early because of its size, so only an empty one is the last.
            Ok(delivered) if delivered > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn Error, "could not deliver events"),
        }
        if stopping {
            return;
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Returns the time before which events are old.
pub(crate) fn cutoff(now: Timestamp, keep_days: u32) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let micros = now.timestamp_micros().saturating_sub(i64::from(keep_days) * DAY);
    Timestamp::from_timestamp_micros(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Deletes events that are older than `before`: those that are delivered, and on request the others.
///
/// # Errors
/// [`StoreError`] when the storage fails.
pub(crate) async fn prune(
    outbox: &impl Outbox,
    before: Timestamp,
    undelivered: bool,
) -> Result<u64, StoreError> {
    if undelivered {
        give_up(outbox, before).await?;
    }
    outbox.prune_before(before).await
}

/// Marks events that are older than `before` as delivered.
async fn give_up(outbox: &impl Outbox, before: Timestamp) -> Result<(), StoreError> {
    loop {
        let limit = OutboxLimit { events: ROUND, bytes: PRUNED_BYTES };
        let pending = outbox.pending(limit).await?;
        let old: Vec<_> = pending.iter().filter(|event| event.time < before).map(|event| event.id).collect();
        if old.is_empty() {
            return Ok(());
        }
        outbox.ack(&old).await?;
    }
}
