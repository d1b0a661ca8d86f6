//! Delivers events to all sinks: at least once each, those of one user or group in their order.

use std::{collections::HashSet, error::Error, sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};
use userbook::{
    clock::{ChangeIds, RandomIds},
    event::Event,
    model::ChangeId,
    service::EventSink,
    store::{Outbox, OutboxLimit, StoreError},
};

use super::{
    coordination::Coordination,
    retry::{Failures, pause},
    webhook::EventRejected,
};

/// The maximum number of events in one round.
const EVENTS: u32 = 500;

/// The number of events that are acknowledged at once.
const ACKNOWLEDGED: usize = 50;

/// The pause when nothing is pending.
const PAUSE: Duration = Duration::from_millis(200);

/// The maximum time of a round, so that the claim stays valid.
const ROUND: Duration = Duration::from_secs(10);

/// How long a replica keeps the right to deliver. It is renewed before each round.
pub(crate) const CLAIM: Duration = Duration::from_secs(45);

/// A round ends after this many failures in a row: the receiver is down.
const MAX_FAILURES: u32 = 3;

/// How long delivery goes on after the server stops.
const DRAIN: Duration = Duration::from_secs(2);

/// The delivery of events of one server.
pub(crate) struct Delivery {
    outbox: Arc<dyn Outbox>,
    coordination: Arc<dyn Coordination>,
    sinks: Vec<Arc<dyn EventSink>>,
    limit: OutboxLimit,
    /// An event is set aside after receivers have rejected it this often.
    max_rejections: u32,
    holder: String,
    failures: Failures,
    /// Rounds in a row in which nothing was delivered.
    idle_failures: u32,
}

/// What a round did.
#[derive(Debug, Default)]
struct Round {
    delivered: usize,
    failed: u32,
}

impl Delivery {
    pub(crate) fn new(
        outbox: Arc<dyn Outbox>,
        coordination: Arc<dyn Coordination>,
        sinks: Vec<Arc<dyn EventSink>>,
        max_bytes: u64,
        max_rejections: u32,
    ) -> Self {
        let limit = OutboxLimit { events: EVENTS, bytes: max_bytes };
        let (holder, failures) = (RandomIds.next_uuid().to_string(), Failures::default());
        Self { outbox, coordination, sinks, limit, max_rejections, holder, failures, idle_failures: 0 }
    }

    /// Delivers until `stop`, then what can be delivered in a short time.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut stopping = stop.clone();
        let deadline = async move {
            _ = stopping.wait_for(|stop| *stop).await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = self.keep_delivering(&mut stop) => {}
            () = deadline => tracing::warn!("events stay pending: they were not delivered in time"),
        }
        _ = self.coordination.release(&self.holder).await;
    }

    async fn keep_delivering(&mut self, stop: &mut watch::Receiver<bool>) {
        loop {
            let stopping = *stop.borrow();
            let wait = match self.claim_and_deliver().await {
                // A round may end early, so only one without a delivery is the last.
                Ok(round) if round.delivered > 0 => continue,
                Ok(round) if round.failed == 0 => {
                    self.idle_failures = 0;
                    self.failures.wait(Instant::now()).map_or(PAUSE, |wait| wait.min(PAUSE))
                }
                Ok(_) => self.back_off(None),
                Err(error) => self.back_off(Some(&error)),
            };
            if stopping {
                return;
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(wait.max(Duration::from_millis(10))) => {}
            }
        }
    }

    /// Returns the pause after a round in which everything failed.
    fn back_off(&mut self, error: Option<&StoreError>) -> Duration {
        self.idle_failures = self.idle_failures.saturating_add(1);
        if let Some(error) = error
            && self.idle_failures % 16 == 1
        {
            tracing::warn!(error = error as &dyn Error, "could not deliver events");
        }
        pause(self.idle_failures)
    }

    async fn claim_and_deliver(&mut self) -> Result<Round, StoreError> {
        if self.coordination.claim(&self.holder, CLAIM).await? {
            self.round().await
        } else {
            Ok(Round::default())
        }
    }

    /// Offers the oldest events. Those of a user whose event failed wait for it.
    async fn round(&mut self) -> Result<Round, StoreError> {
        let start = Instant::now();
        let mut round = Round::default();
        let mut failed_in_a_row = 0;
        let mut blocked = HashSet::new();
        let mut taken: Vec<ChangeId> = Vec::new();
        for event in self.outbox.pending(self.limit).await? {
            let target = format!("{:?}", event.target);
            if start.elapsed() > ROUND || failed_in_a_row >= MAX_FAILURES {
                break;
            }
            if blocked.contains(&target) || self.failures.must_wait(event.id, Instant::now()) {
                blocked.insert(target);
                continue;
            }
            if self.offer(&event, round.failed == 0).await? {
                failed_in_a_row = 0;
                round.delivered += 1;
                taken.push(event.id);
                if taken.len() >= ACKNOWLEDGED {
                    self.outbox.ack(&std::mem::take(&mut taken)).await?;
                }
            } else {
                failed_in_a_row += 1;
                round.failed += 1;
                blocked.insert(target);
            }
        }
        if !taken.is_empty() {
            self.outbox.ack(&taken).await?;
        }
        Ok(round)
    }

    /// Offers an event to the sinks that do not have it. Returns whether the event is done: delivered, or set aside.
    async fn offer(&mut self, event: &Event, logs: bool) -> Result<bool, StoreError> {
        for (n, sink) in self.sinks.iter().enumerate() {
            if self.failures.has(event.id, n) {
                continue;
            }
            let Err(error) = sink.deliver(event).await else {
                if self.sinks.len() > 1 {
                    self.failures.delivered(event.id, n);
                }
                continue;
            };
            let rejected = error.is::<EventRejected>();
            let rejections = self.failures.failed(event.id, rejected, Instant::now());
            if rejections >= self.max_rejections {
                tracing::error!(event = %event.id, error = &*error as &dyn Error, "set an event aside");
                self.coordination.set_aside(event, &error.to_string()).await?;
                break;
            }
            if logs && (rejected || self.idle_failures.is_multiple_of(16)) {
                tracing::warn!(event = %event.id, error = &*error as &dyn Error, "could not deliver an event");
            }
            return Ok(false);
        }
        self.failures.forget(event.id);
        Ok(true)
    }
}
