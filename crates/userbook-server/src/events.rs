//! `--events stdout`: audit events as JSON Lines.

use std::{error::Error, io::Write, time::Duration};

use async_trait::async_trait;
use tokio::sync::watch;
use userbook::{
    event::Event,
    service::{EventSink, deliver},
    store::{Outbox, OutboxLimit},
};

/// The maximum number of events in one round.
const ROUND: u32 = 100;

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
