mod coordination;
mod visits;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    error::Error,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use hyper::StatusCode;
use tokio::time::Instant;
use userbook::{
    Timestamp, UserId,
    event::{Event, EventActor, EventKind, EventTarget},
    model::ChangeId,
    store::StoreError,
};
use uuid::Uuid;

use self::coordination::TestCoordination;
use super::*;
use crate::events::EventRejected;

/// How a sink treats events of a user.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Rejects,
    Hangs,
    Fails,
}

/// A sink that collects names and treats some users badly.
#[derive(Debug, Default)]
struct TestSink {
    faults: Mutex<HashMap<UserId, Fault>>,
    calls: AtomicUsize,
    received: Mutex<Vec<(UserId, u64)>>,
}

impl TestSink {
    fn with(faults: impl IntoIterator<Item = (i64, Fault)>) -> Arc<Self> {
        let faults = faults.into_iter().map(|(user, fault)| (UserId(user), fault)).collect();
        Arc::new(Self { faults: Mutex::new(faults), ..Self::default() })
    }

    fn heal(&self) {
        self.faults.lock().unwrap().clear();
    }

    fn of_user(&self, user: i64) -> Vec<u64> {
        let received = self.received.lock().unwrap();
        received.iter().filter(|(of, _)| *of == UserId(user)).map(|(_, version)| *version).collect()
    }

    fn count(&self) -> usize {
        self.received.lock().unwrap().iter().collect::<HashSet<_>>().len()
    }
}

#[async_trait]
impl EventSink for TestSink {
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let EventTarget::User(user) = event.target else { return Ok(()) };
        let fault = self.faults.lock().unwrap().get(&user).copied();
        match fault {
            Some(Fault::Rejects) => Err(EventRejected(StatusCode::BAD_REQUEST).into()),
            Some(Fault::Fails) => Err("down".into()),
            Some(Fault::Hangs) => std::future::pending().await,
            None => {
                self.received.lock().unwrap().push((user, event.version));
                Ok(())
            }
        }
    }
}

/// An outbox of events that tests add.
#[derive(Debug, Default)]
struct TestOutbox(Mutex<Vec<Event>>);

impl TestOutbox {
    /// Adds one event for each user.
    fn add(&self, version: u64, users: impl IntoIterator<Item = i64>) {
        self.0.lock().unwrap().extend(users.into_iter().map(|user| Event {
            id: ChangeId(Uuid::from_u128(u128::from(version) << 64 | u128::from(user.unsigned_abs()))),
            kind: EventKind::UserUpdated,
            target: EventTarget::User(UserId(user)),
            target_uuid: uuid::Uuid::nil(),
            version,
            time: Timestamp::UNIX_EPOCH,
            actor: EventActor::System,
            impersonator: None,
            request_id: None,
            diff: BTreeMap::new(),
            effects: Vec::new(),
        }));
    }

    fn pending_count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[async_trait]
impl Outbox for TestOutbox {
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        Ok(self.0.lock().unwrap().iter().take(limit.events as usize).cloned().collect())
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let ids: HashSet<_> = ids.iter().collect();
        self.0.lock().unwrap().retain(|event| !ids.contains(&event.id));
        Ok(())
    }

    async fn prune_before(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// A delivery to some sinks. The time is virtual.
struct Running {
    outbox: Arc<TestOutbox>,
    coordination: Arc<TestCoordination>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(sinks: &[&Arc<TestSink>]) -> Self {
        Self::start_with(Arc::default(), sinks)
    }

    fn start_with(outbox: Arc<TestOutbox>, sinks: &[&Arc<TestSink>]) -> Self {
        let coordination = TestCoordination::new(outbox.clone());
        let named = |(n, sink): (usize, &&Arc<TestSink>)| -> (Destination, Arc<dyn EventSink>) {
            (Destination { key: key(n), name: format!("sink {n}") }, Arc::clone(sink) as _)
        };
        let sinks = sinks.iter().enumerate().map(named).collect();
        let delivery = Delivery::new(outbox.clone(), coordination.clone(), sinks, u64::MAX, 3);
        let (stop, stopped) = watch::channel(false);
        Self { outbox, coordination, stop, task: tokio::spawn(delivery.run(stopped)) }
    }

    /// Waits for the condition, at most this long, and returns whether it holds.
    async fn within(&self, time: Duration, condition: impl Fn() -> bool) -> bool {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if condition() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        condition()
    }

    async fn failed(&self) -> Vec<(String, UserId)> {
        let failed = self.coordination.failed(100).await.unwrap();
        let user = |event: &Event| match event.target {
            EventTarget::User(user) => user,
            EventTarget::Group(_) => UserId(0),
        };
        failed.iter().map(|failed| (failed.destination.clone(), user(&failed.event))).collect()
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// The key of a destination.
fn key(n: usize) -> String {
    format!("{n:016}")
}

#[tokio::test(start_paused = true)]
async fn answer_from_before_an_acknowledgement_repeats_nothing() {
    let sinks = [TestSink::with([]), TestSink::with([])];
    let running = Running::start(&[&sinks[0], &sinks[1]]);
    let TestCoordination { held, holding, .. } = &*running.coordination;
    // The first destination gets the event; the second still waits for its answer.
    held.send_modify(|held| _ = held.insert(key(1)));
    running.outbox.add(1, [1]);
    assert!(running.within(SECOND, || sinks[0].count() == 1).await);
    // The next answer for the first destination contains the event, because the second destination does not have it.
    held.send_modify(|held| _ = held.insert(key(0)));
    assert!(running.within(SECOND, || holding.lock().unwrap().get(&key(0)) == Some(&1)).await);
    // The second destination delivers and acknowledges the event before that answer arrives.
    held.send_modify(|held| _ = held.remove(&key(1)));
    assert!(running.within(SECOND, || running.outbox.pending_count() == 0).await);
    held.send_modify(HashSet::clear);
    tokio::time::sleep(20 * SECOND).await;
    for sink in &sinks {
        assert_eq!(sink.of_user(1), [1]);
    }
}

#[tokio::test(start_paused = true)]
async fn sink_that_fails_delays_no_other_sink() {
    for fault in [Fault::Rejects, Fault::Hangs, Fault::Fails] {
        for broken_is_first in [true, false] {
            let broken = TestSink::with((1..=5).map(|user| (user, fault)));
            let healthy = TestSink::with([]);
            let sinks = if broken_is_first { [&broken, &healthy] } else { [&healthy, &broken] };
            let running = Running::start(&sinks);
            for version in 1..=20 {
                running.outbox.add(version, 1..=5);
            }
            assert!(running.within(SECOND, || healthy.count() == 100).await, "{fault:?} {}", healthy.count());
            for user in 1..=5 {
                assert_eq!(healthy.of_user(user), (1..=20).collect::<Vec<_>>());
            }
            assert!(running.outbox.pending_count() > 0, "{fault:?}: the other sink does not have the events");
            broken.heal();
            assert!(running.within(150 * SECOND, || running.outbox.pending_count() == 0).await, "{fault:?}");
            for user in 1..=5 {
                let received = broken.of_user(user);
                assert!(received.is_sorted(), "{fault:?} {received:?}");
            }
            assert_eq!(broken.count() + running.failed().await.len(), 100, "{fault:?}");
            assert_eq!(healthy.received.lock().unwrap().len(), 100, "{fault:?}: nothing is repeated");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn event_is_set_aside_for_the_sink_that_rejects_it_only() {
    let strict = TestSink::with([(1, Fault::Rejects)]);
    let lenient = TestSink::with([(2, Fault::Rejects)]);
    let running = Running::start(&[&strict, &lenient]);
    running.outbox.add(1, 1..=3);
    assert!(running.within(5 * SECOND, || running.outbox.pending_count() == 0).await);
    let mut failed = running.failed().await;
    failed.sort();
    assert_eq!(failed, [("sink 0".to_owned(), UserId(1)), ("sink 1".to_owned(), UserId(2))]);
    assert_eq!([1, 2, 3].map(|user| strict.of_user(user).len()), [0, 1, 1]);
    assert_eq!([1, 2, 3].map(|user| lenient.of_user(user).len()), [1, 0, 1]);
    // An administrator repairs the receiver and asks for another delivery.
    strict.heal();
    let marked = running.coordination.retry(None).await.unwrap();
    assert_eq!(marked, ["sink 0", "sink 1"].map(|sink| (sink.to_owned(), 1)).into());
    assert!(running.within(5 * SECOND, || strict.of_user(1) == [1]).await);
    assert!(running.within(SECOND, || lenient.calls.load(Ordering::Relaxed) == 6).await);
    assert_eq!(running.failed().await, [("sink 1".to_owned(), UserId(2))]);
}

#[tokio::test(start_paused = true)]
async fn hanging_event_delays_only_events_of_its_user() {
    let sink = TestSink::with([(1, Fault::Hangs)]);
    let running = Running::start(&[&sink]);
    running.outbox.add(1, 1..=50);
    assert!(running.within(20 * SECOND, || sink.count() == 49).await, "{}", sink.count());
    for version in 2..=10 {
        running.outbox.add(version, 1..=50);
        assert!(running.within(20 * SECOND, || sink.count() == 49 * usize::try_from(version).unwrap()).await);
    }
    sink.heal();
    assert!(running.within(90 * SECOND, || running.outbox.pending_count() == 0).await);
    assert_eq!(sink.of_user(1), (1..=10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn more_events_of_a_blocked_user_than_a_page_holds_delay_no_other_user() {
    let sink = TestSink::with([(1, Fault::Fails)]);
    let running = Running::start(&[&sink]);
    for version in 1..=1_200 {
        running.outbox.add(version, [1]);
    }
    running.outbox.add(1, [2]);
    assert!(running.within(SECOND, || sink.of_user(2) == [1]).await);
    sink.heal();
    assert!(running.within(90 * SECOND, || running.outbox.pending_count() == 0).await);
    assert_eq!(sink.of_user(1), (1..=1_200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn idle_delivery_writes_no_claim_and_polls_at_its_pause() {
    let sink = TestSink::with([]);
    let running = Running::start(&[&sink]);
    assert!(!running.within(60 * SECOND, || running.coordination.claims.load(Ordering::Relaxed) > 0).await);
    let queries = running.coordination.queries.load(Ordering::Relaxed);
    assert!((200..=302).contains(&queries), "{queries}");
    for version in 1..=100 {
        running.outbox.add(version, [1]);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(sink.count(), 100);
    let claims = running.coordination.claims.load(Ordering::Relaxed);
    assert!((2..=6).contains(&claims), "the claim is renewed at half of its time: {claims}");
}

#[tokio::test(start_paused = true)]
async fn lost_claim_leaves_no_failures_behind() {
    let sink = TestSink::with([(1, Fault::Fails)]);
    let running = Running::start(&[&sink]);
    running.outbox.add(1, [1]);
    assert!(running.within(SECOND, || sink.calls.load(Ordering::Relaxed) > 1).await);
    // Another process takes over and delivers.
    running.coordination.is_taken.store(true, Ordering::Relaxed);
    tokio::time::sleep(30 * SECOND).await;
    running.outbox.ack(&[ChangeId(Uuid::from_u128(1 << 64 | 1))]).await.unwrap();
    tokio::time::sleep(SECOND).await;
    let before = running.coordination.queries.load(Ordering::Relaxed);
    tokio::time::sleep(10 * SECOND).await;
    let queries = running.coordination.queries.load(Ordering::Relaxed) - before;
    assert!(queries <= 51, "{queries} queries in ten seconds");
}

#[tokio::test(start_paused = true)]
async fn restart_repeats_no_event_for_a_sink_that_has_it() {
    let (healthy, broken) = (TestSink::with([]), TestSink::with([(1, Fault::Fails)]));
    let running = Running::start(&[&healthy, &broken]);
    running.outbox.add(1, 1..=3);
    assert!(running.within(SECOND, || healthy.count() == 3).await);
    running.stop.send_replace(true);
    running.task.await.unwrap();
    let left = running.coordination.pending("0000000000000000", 0, OutboxLimit { events: 9, bytes: 9 }).await;
    assert_eq!(left.unwrap(), []);
    let left = running.coordination.pending("0000000000000001", 0, OutboxLimit { events: 9, bytes: 9 }).await;
    assert_eq!(left.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn sink_that_is_down_leaves_no_backlog_to_the_queries_of_others() {
    let (healthy, broken) = (TestSink::with([]), TestSink::with((1..=500).map(|user| (user, Fault::Fails))));
    let running = Running::start(&[&healthy, &broken]);
    running.outbox.add(1, 1..=500);
    tokio::time::sleep(30 * SECOND).await;
    running.coordination.positions.lock().unwrap().clear();
    tokio::time::sleep(30 * SECOND).await;
    let positions = std::mem::take(&mut *running.coordination.positions.lock().unwrap());
    let of_healthy: Vec<i64> =
        positions.into_iter().filter(|(of, _)| *of == key(0)).map(|(_, position)| position).collect();
    let from_start = of_healthy.iter().filter(|&&position| position < 500).count();
    assert!(of_healthy.len() > 100 && from_start <= 4, "{from_start} of {}", of_healthy.len());
    broken.heal();
    assert!(running.within(90 * SECOND, || running.outbox.pending_count() == 0).await);
    assert_eq!((healthy.count(), broken.count()), (500, 500));
}
