//! `--events stdout`: audit events as JSON Lines.

use std::{error::Error, io::Write, time::Duration};

use async_trait::async_trait;
use tokio::sync::watch;
use userbook::{Event, EventSink, Outbox, deliver};

/// How many events a round hands on.
const ROUND: u32 = 100;

/// How long to wait when nothing is pending.
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

/// Hands events on until told to stop, and what is pending then.
pub(crate) async fn run(outbox: impl Outbox, sink: impl EventSink, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = *stop.borrow();
        match deliver(&outbox, &sink, ROUND).await {
            Ok(handed) if handed >= ROUND as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn Error, "events could not be handed on"),
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
