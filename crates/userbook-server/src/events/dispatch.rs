//! Delivers events to all destinations. Each destination has a task of its own, so that none waits for another.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};
use userbook::{
    service::EventSink,
    store::{Outbox, OutboxLimit},
};

use super::{
    claim::Claim,
    coordination::{Coordination, Destination},
    progress::Progress,
    worker::{Shared, Worker},
};

/// The maximum number of events that a destination loads at once.
const EVENTS: u32 = 500;

/// How long delivery goes on after the server stops.
const DRAIN: Duration = Duration::from_secs(2);

/// How long the last acknowledgement may take.
const RECORD: Duration = Duration::from_secs(1);

/// The delivery of events of one server.
#[derive(Debug)]
pub(crate) struct Delivery {
    shared: Arc<Shared>,
    workers: Vec<Worker>,
}

impl Delivery {
    pub(crate) fn new(
        outbox: Arc<dyn Outbox>,
        coordination: Arc<dyn Coordination>,
        sinks: Vec<(Destination, Arc<dyn EventSink>)>,
        max_bytes: u64,
        max_rejections: u32,
    ) -> Self {
        let all = sinks.iter().map(|(destination, _)| destination.key.clone()).collect();
        let shared = Arc::new(Shared {
            claim: Claim::new(Arc::clone(&coordination)),
            progress: Progress::new(outbox, Arc::clone(&coordination), all),
            coordination,
            limit: OutboxLimit { events: EVENTS, bytes: max_bytes },
            max_rejections,
        });
        let worker = |(destination, sink)| Worker::new(Arc::clone(&shared), destination, sink);
        Self { workers: sinks.into_iter().map(worker).collect(), shared }
    }

    /// Delivers until `stop`, then what can be delivered in a short time.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        for worker in self.workers {
            tasks.spawn(worker.run(stop.clone()));
        }
        let deadline = async move {
            _ = stop.wait_for(|stop| *stop).await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = async { while tasks.join_next().await.is_some() {} } => {}
            () = deadline => tracing::warn!("events stay pending: they were not delivered in time"),
        }
        tasks.shutdown().await;
        let record = async {
            _ = self.shared.progress.flush(true).await;
            _ = self.shared.claim.release().await;
        };
        _ = tokio::time::timeout(RECORD, record).await;
    }
}

#[cfg(test)]
mod tests;
