//! Delivers events to all destinations. Each destination has a task of its own, so that none waits for another.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;

use tokio::{sync::watch, task::JoinSet};
use userbook::{
    service::EventSink,
    store::{Outbox, OutboxLimit},
};

use super::{
    claim::Claim,
    coordination::{Coordination, Destination},
    progress::Progress,
    retry::Failures,
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

/// What a visit leaves.
#[derive(Debug)]
pub(crate) struct Rest {
    /// The time until the next visit that may deliver more.
    pub(crate) wait: Option<Duration>,
    /// What failed, by destination.
    pub(crate) failures: HashMap<String, Failures>,
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

    /// Remembers what failed before, by destination.
    pub(crate) fn with_failures(mut self, mut failures: HashMap<String, Failures>) -> Self {
        for worker in &mut self.workers {
            worker.remember(&mut failures);
        }
        self
    }

    /// Delivers what is pending, for at most this time. Gives the claim back.
    pub(crate) async fn visit(mut self, time: Duration) -> Rest {
        let visits = self.workers.iter_mut().map(Worker::visit);
        // What was cut is sent again: each event is delivered at least once.
        let waits = tokio::time::timeout(time, join_all(visits)).await;
        let wait = match waits {
            Ok(waits) => waits.into_iter().flatten().min(),
            Err(_) => Some(Duration::ZERO),
        };
        self.record().await;
        Rest { wait, failures: self.workers.into_iter().filter_map(Worker::into_failures).collect() }
    }

    /// Acknowledges what was delivered and gives the claim back, as far as that takes a short time.
    async fn record(&self) {
        let record = async {
            _ = self.shared.progress.flush(true).await;
            _ = self.shared.claim.release().await;
        };
        _ = tokio::time::timeout(RECORD, record).await;
    }

    /// Delivers until `stop`, then what can be delivered in a short time.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        for worker in std::mem::take(&mut self.workers) {
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
        self.record().await;
    }
}

#[cfg(test)]
mod tests;
