//! Delivers events to one destination: at least once each, those of one user or group in their order. An event that
//! the destination does not take delays only the events of its user or group.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use userbook::{
    event::{Event, EventTarget},
    model::ChangeId,
    service::EventSink,
    store::{OutboxLimit, StoreError},
};

use super::{
    claim::{Claim, VALIDITY},
    coordination::{Coordination, Destination, PendingEvent},
    progress::Progress,
    retry::{Failures, pause},
    scanned::Scanned,
    webhook::EventRejected,
};

/// The maximum time of one delivery. The claim stays valid meanwhile.
const TIMEOUT: Duration = Duration::from_secs(15);
const _: () = assert!(TIMEOUT.as_millis() < VALIDITY.as_millis() / 2);

/// The number of events after which events are acknowledged.
const ACKNOWLEDGED: u32 = 50;

/// The pause when nothing is pending, and the maximum after passes that take long.
const PAUSE: Duration = Duration::from_millis(200);
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// The time after which a visit tries again while another process delivers.
const STAND_BY: Duration = Duration::from_secs(5);

/// A pass ends after this many deliveries in a row without an answer: the destination is down.
const MAX_FAILURES: u32 = 3;

/// A pass that delivers ends after this time, so that new events do not keep it from repeating failed ones.
const PASS: Duration = Duration::from_secs(5);

/// The maximum number of failed events that a pass sends again, and the time after which new events come first again.
const MAX_RETRIES: usize = 100;
const RETRIES_TIME: Duration = Duration::from_secs(2);

/// The time between two queries for events that an administrator wants to be sent again.
const QUERY_PAUSE: Duration = Duration::from_secs(1);

/// The minimum time between two passes over all events that the destination does not have. The passes between them
/// start behind the events that were handled a short time ago, because another destination that is down leaves many
/// events that are not acknowledged.
const FULL_PASS: Duration = Duration::from_secs(10);

/// What the workers of one server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) coordination: Arc<dyn Coordination>,
    pub(super) claim: Claim,
    pub(super) progress: Progress,
    pub(super) limit: OutboxLimit,
    /// An event is set aside after the destination has rejected it this often.
    pub(super) max_rejections: u32,
}

/// The delivery to one destination.
#[derive(Debug)]
pub(super) struct Worker {
    shared: Arc<Shared>,
    destination: Destination,
    sink: Arc<dyn EventSink>,
    failures: Failures,
    /// Delivered events that a query may still return, each with the last pass that delivered or met it. An answer may
    /// be older than the acknowledgement, so only a complete pass that does not meet an event forgets it.
    delivered: HashMap<ChangeId, u64>,
    passes: u64,
    /// Passes in a row that ended because the destination or the database was down.
    outages: u32,
    next_query: Instant,
    scanned: Scanned,
    next_full: Instant,
}

/// What a pass did.
#[derive(Debug, Default)]
struct Pass {
    is_full: bool,
    delivered: u32,
    unanswered_in_a_row: u32,
    /// Another process delivers.
    stands_by: bool,
}

/// The events that a pass has met and not delivered.
#[derive(Debug, Default)]
struct Met {
    /// The users and groups whose further events wait.
    blocked: HashSet<EventTarget>,
    /// The positions of failed events.
    waiting: HashSet<i64>,
    /// Failed events whose pause is over.
    due: Vec<PendingEvent>,
    first_open: Option<i64>,
}

impl Pass {
    fn is_down(&self) -> bool {
        self.unanswered_in_a_row >= MAX_FAILURES
    }
}

/// The outcome of one delivery.
enum Outcome {
    /// The destination has the event, or the event was set aside.
    Done,
    Failed,
    /// Another process delivers.
    NoClaim,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, destination: Destination, sink: Arc<dyn EventSink>) -> Self {
        let now = Instant::now();
        Self {
            shared,
            destination,
            sink,
            failures: Failures::default(),
            delivered: HashMap::new(),
            passes: 0,
            outages: 0,
            next_query: now,
            scanned: Scanned::nothing(now),
            next_full: now,
        }
    }

    /// Delivers until `stop`, and then what is pending and can be delivered.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            // A sender that is gone cannot stop the delivery later.
            let stopping = *stop.borrow() || stop.has_changed().is_err();
            let start = Instant::now();
            let outcome = self.pass().await;
            if outcome.as_ref().is_ok_and(|pass| pass.delivered > 0) {
                self.outages = 0;
            }
            let wait = match outcome {
                Ok(pass) if pass.is_down() => self.back_off(None),
                Ok(pass) if pass.delivered > 0 => continue,
                Ok(pass) => self.idle(start, pass.is_full),
                Err(error) => self.back_off(Some(&error)),
            };
            if stopping {
                return;
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes over what failed earlier.
    pub(super) fn remember(&mut self, failures: &mut HashMap<String, Failures>) {
        self.failures = failures.remove(&self.destination.key).unwrap_or_default();
    }

    /// Returns what failed, with the key of the destination.
    pub(super) fn into_failures(self) -> Option<(String, Failures)> {
        (!self.failures.is_empty()).then_some((self.destination.key, self.failures))
    }

    /// Delivers what is pending. Returns the time until more can be delivered, unless everything is.
    pub(super) async fn visit(&mut self) -> Option<Duration> {
        loop {
            match self.pass().await {
                Ok(pass) if pass.stands_by => return Some(STAND_BY),
                Ok(pass) if pass.is_down() => break,
                Ok(pass) if pass.delivered > 0 => {}
                Ok(_) => break,
                Err(error) => return Some(self.back_off(Some(&error))),
            }
        }
        self.failures.wait(Instant::now())
    }

    /// Returns the pause after a pass without deliveries. Passes take a tenth of the time at most; those over all
    /// events have their own interval.
    fn idle(&self, start: Instant, is_full: bool) -> Duration {
        let now = Instant::now();
        let time = if is_full { Duration::ZERO } else { now.duration_since(start) };
        let rest = (10 * time).clamp(PAUSE, LONG_PAUSE);
        self.failures.wait(now).map_or(rest, |wait| wait.clamp(Duration::from_millis(10), rest))
    }

    /// Returns the pause after a pass that failed as a whole.
    fn back_off(&mut self, error: Option<&StoreError>) -> Duration {
        self.outages = self.outages.saturating_add(1);
        if let Some(error) = error
            && self.outages % 16 == 1
        {
            tracing::warn!(error = error as &dyn Error, "could not deliver events");
        }
        pause(self.outages)
    }

    /// Offers each pending event once: first those that have not failed, then those whose pause is over.
    async fn pass(&mut self) -> Result<Pass, StoreError> {
        self.shared.progress.flush(false).await?;
        self.passes += 1;
        let start = Instant::now();
        let mut pass = Pass { is_full: start >= self.next_full, ..Pass::default() };
        let mut met = Met::default();
        let mut after = if pass.is_full { 0 } else { self.scanned.start() };
        // A destination that has all events finds none, whatever their number is.
        let last = if pass.is_full { self.shared.coordination.last_position().await? } else { 0 };
        let is_complete = loop {
            let page =
                self.shared.coordination.pending(&self.destination.key, after, self.shared.limit).await?;
            let Some(last) = page.last() else { break true };
            after = last.position;
            for pending in page {
                if !self.meet(pending, &mut met, &mut pass).await? {
                    return Ok(self.stand_by());
                }
                if pass.is_down() {
                    self.shared.progress.flush(false).await?;
                    return Ok(pass);
                }
            }
            if pass.delivered > 0 && start.elapsed() > PASS {
                break false;
            }
        };
        if is_complete {
            self.complete(&pass, &met, after.max(last), start);
        }
        self.send_again(met.due, &mut pass).await?;
        self.send_requested(&mut pass).await?;
        self.shared.progress.flush(false).await?;
        Ok(pass)
    }

    /// Handles one pending event. Returns false if another process delivers.
    async fn meet(
        &mut self,
        pending: PendingEvent,
        met: &mut Met,
        pass: &mut Pass,
    ) -> Result<bool, StoreError> {
        if let Some(last_met) = self.delivered.get_mut(&pending.event.id) {
            *last_met = self.passes;
            return Ok(true);
        }
        let (position, target) = (pending.position, pending.event.target);
        if let Some(next_try) = self.failures.next_try(position) {
            met.waiting.insert(position);
            let is_first = met.blocked.insert(target);
            if is_first && next_try <= Instant::now() && met.due.len() < MAX_RETRIES {
                met.due.push(pending);
            }
        } else if !met.blocked.contains(&target) {
            match self.offer(&pending, pass).await? {
                Outcome::Done => return Ok(true),
                Outcome::Failed => {
                    met.waiting.insert(position);
                    met.blocked.insert(target);
                }
                Outcome::NoClaim => return Ok(false),
            }
        }
        met.first_open.get_or_insert(position);
        Ok(true)
    }

    /// Records a pass from `start` that has met all events up to the position `end`.
    fn complete(&mut self, pass: &Pass, met: &Met, end: i64, start: Instant) {
        let now = Instant::now();
        self.failures.retain(&met.waiting);
        if pass.is_full {
            self.delivered.retain(|_, last_met| *last_met == self.passes);
            self.next_full = now + FULL_PASS.max(10 * now.duration_since(start));
        }
        self.scanned.record(end, met.first_open, now);
    }

    /// Another process delivers. What failed here may have arrived there.
    fn stand_by(&mut self) -> Pass {
        self.failures.clear();
        self.scanned = Scanned::nothing(Instant::now());
        Pass { stands_by: true, ..Pass::default() }
    }

    async fn send_again(&mut self, due: Vec<PendingEvent>, pass: &mut Pass) -> Result<(), StoreError> {
        let start = Instant::now();
        for pending in due {
            if start.elapsed() > RETRIES_TIME || pass.is_down() {
                break;
            }
            if let Outcome::NoClaim = self.offer(&pending, pass).await? {
                *pass = self.stand_by();
                break;
            }
        }
        Ok(())
    }

    /// Offers an event and records the outcome.
    async fn offer(&mut self, pending: &PendingEvent, pass: &mut Pass) -> Result<Outcome, StoreError> {
        if !self.shared.claim.hold().await? {
            return Ok(Outcome::NoClaim);
        }
        let event = &pending.event;
        if let Err(error) = self.send(event).await {
            let rejected = error.is::<EventRejected>();
            pass.unanswered_in_a_row = if rejected { 0 } else { pass.unanswered_in_a_row + 1 };
            let rejections = self.failures.failed(pending.position, rejected, Instant::now());
            let destination = self.destination.name.as_str();
            if rejections < self.shared.max_rejections {
                if rejected || self.outages.is_multiple_of(16) {
                    tracing::warn!(event = %event.id, destination, error = &*error as &dyn Error, "could not deliver an event");
                }
                return Ok(Outcome::Failed);
            }
            tracing::error!(event = %event.id, destination, error = &*error as &dyn Error, "set an event aside");
            self.shared.coordination.set_aside(&self.destination, event, &error.to_string()).await?;
        } else {
            pass.unanswered_in_a_row = 0;
        }
        self.failures.forget(pending.position);
        self.delivered.insert(event.id, self.passes);
        self.shared.progress.delivered(pending, &self.destination.key);
        pass.delivered += 1;
        if pass.delivered.is_multiple_of(ACKNOWLEDGED) {
            self.shared.progress.flush(false).await?;
        }
        Ok(Outcome::Done)
    }

    /// Sends events that were set aside and that an administrator wants to be sent again. Their order is not kept.
    async fn send_requested(&mut self, pass: &mut Pass) -> Result<(), StoreError> {
        if Instant::now() < self.next_query || pass.is_down() {
            return Ok(());
        }
        self.next_query = Instant::now() + QUERY_PAUSE;
        for event in self.shared.coordination.retries(&self.destination.key, 50).await? {
            if !self.shared.claim.hold().await? {
                break;
            }
            match self.send(&event).await {
                Ok(()) => self.shared.coordination.forget(&self.destination.key, event.id).await?,
                Err(error) if error.is::<EventRejected>() => {
                    self.shared.coordination.set_aside(&self.destination, &event, &error.to_string()).await?;
                }
                Err(_) => {
                    pass.unanswered_in_a_row += 1;
                    break;
                }
            }
        }
        Ok(())
    }

    async fn send(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        timeout(TIMEOUT, self.sink.deliver(event)).await.unwrap_or_else(|_| Err(TimedOut.into()))
    }
}

/// The destination did not take the event in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {TIMEOUT:?}")]
struct TimedOut;
