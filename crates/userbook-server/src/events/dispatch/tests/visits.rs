//! Visits: deliveries that end, for tenants in turn.

use super::*;

struct Visited {
    outbox: Arc<TestOutbox>,
    coordination: Arc<TestCoordination>,
    sink: Arc<TestSink>,
}

impl Visited {
    /// Events of users 1 and 2, for a sink.
    fn new(sink: Arc<TestSink>) -> Self {
        let Running { outbox, coordination, .. } = Running::start(&[]);
        outbox.add(1, [1, 2]);
        Self { outbox, coordination, sink }
    }

    /// A visit by a new delivery, as after the tenant was closed and opened.
    async fn visit(&self, failures: HashMap<String, Failures>, time: Duration) -> Rest {
        let destination = Destination { key: key(0), name: "sink".to_owned() };
        let sinks = vec![(destination, Arc::clone(&self.sink) as Arc<dyn EventSink>)];
        let delivery = Delivery::new(self.outbox.clone(), self.coordination.clone(), sinks, u64::MAX, 3);
        delivery.with_failures(failures).visit(time).await
    }
}

#[tokio::test(start_paused = true)]
async fn visits_count_the_rejections_of_earlier_visits() {
    let visited = Visited::new(TestSink::with([(1, Fault::Rejects)]));
    let mut failures = HashMap::new();
    for _ in 0..2 {
        let rest = visited.visit(failures, 10 * SECOND).await;
        assert_eq!(visited.sink.of_user(2), [1], "an event is delivered once");
        assert_eq!(rest.failures.len(), 1);
        failures = rest.failures;
        tokio::time::sleep(rest.wait.unwrap()).await;
    }
    let rest = visited.visit(failures, 10 * SECOND).await;
    assert!(rest.wait.is_none() && rest.failures.is_empty());
    assert_eq!(visited.coordination.failed(9).await.unwrap().len(), 1);
    assert_eq!(visited.outbox.pending_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn visit_of_a_destination_that_hangs_ends() {
    let visited = Visited::new(TestSink::with([(1, Fault::Hangs)]));
    let start = Instant::now();
    let rest = visited.visit(HashMap::new(), SECOND).await;
    assert_eq!((rest.wait, start.elapsed()), (Some(Duration::ZERO), SECOND));
    visited.sink.heal();
    let rest = visited.visit(rest.failures, SECOND).await;
    assert_eq!((rest.wait, visited.outbox.pending_count()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn visit_stands_by_while_another_process_delivers() {
    let visited = Visited::new(TestSink::with([]));
    visited.coordination.is_taken.store(true, Ordering::Relaxed);
    let rest = visited.visit(HashMap::new(), 10 * SECOND).await;
    assert_eq!((visited.sink.count(), rest.wait), (0, Some(5 * SECOND)));
    visited.coordination.is_taken.store(false, Ordering::Relaxed);
    assert_eq!(visited.visit(rest.failures, 10 * SECOND).await.wait, None);
    assert_eq!(visited.sink.count(), 2);
}
