//! The page `/metrics`: the counters, and the present state of the server.

use std::{borrow::Cow, error::Error, sync::Arc, time::Duration};

use axum::body::Body;
use hyper::{
    Method, Request, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use prometheus_client::{
    encoding::prometheus_text::CONTENT_TYPE as TEXT,
    metrics::{family::Family, gauge::Gauge},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use userbook::store::StoreError;
use userbook_tenants::{TenantCounts, Tenants};

use super::{Labels, Metrics, Series, gauge};
use crate::{
    database::Database,
    events::{Coordination, Destination},
    gate::{RequestGate, empty},
    tenants::Site,
};

/// The path of the page.
const PATH: &str = "/metrics";

/// How long a count of events is reused, so that frequent requests do not load the database.
const FRESH: Duration = Duration::from_secs(5);

/// The maximum number of pending events that are counted for one destination.
const MAX_COUNT: u32 = 100_000;

/// The queues of events.
#[derive(Debug)]
struct EventQueues {
    coordination: Arc<dyn Coordination>,
    destinations: Vec<Destination>,
    /// The maximum time of a count.
    time: Duration,
    counted: Mutex<Option<Instant>>,
}

impl EventQueues {
    /// Counts the events, unless they were counted a short time ago. A failure removes the numbers.
    async fn refresh(&self, series: &Series) {
        let mut counted = self.counted.lock().await;
        if counted.is_some_and(|when| when.elapsed() < FRESH) {
            return;
        }
        // A failure counts too: a database that is down must not delay every request.
        let outcome = timeout(self.time, self.count(series)).await;
        *counted = Some(Instant::now());
        let error: &dyn Error = match &outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(elapsed) => elapsed,
        };
        tracing::warn!(error, "could not count events");
        series.event_queries_failed.inc();
        series.events_pending.clear();
        series.events_set_aside.clear();
    }

    async fn count(&self, series: &Series) -> Result<(), StoreError> {
        for Destination { key, name } in &self.destinations {
            let pending = self.coordination.count_pending(key, MAX_COUNT).await?;
            let labels = [("destination", name.clone().into()), ("key", key.clone().into())];
            series.events_pending.get_or_create(&labels).set(pending.cast_signed());
        }
        let failed = self.coordination.count_failed().await?;
        series.events_set_aside.clear();
        for (destination, count) in failed {
            series
                .events_set_aside
                .get_or_create(&[("destination", destination.into())])
                .set(count.cast_signed());
        }
        Ok(())
    }
}

/// What the page observes.
#[derive(Debug)]
pub(crate) enum Observed {
    /// The database of a server without tenants.
    Single(Box<ObservedDatabase>),
    /// The tenants.
    Tenants(Tenants<Site>),
}

/// A database and its events.
#[derive(Debug)]
pub(crate) struct ObservedDatabase {
    database: Database,
    queues: EventQueues,
}

impl ObservedDatabase {
    /// `time`: the maximum time to count events.
    pub(crate) fn new(database: Database, destinations: Vec<Destination>, time: Duration) -> Self {
        let coordination = Arc::clone(&database.coordination);
        Self { database, queues: EventQueues { coordination, destinations, time, counted: Mutex::default() } }
    }

    async fn refresh(&self, series: &Series) {
        if let Some((busy, idle)) = self.database.connections() {
            set(&series.database_connections, "state", &[("busy", busy), ("idle", idle)]);
        }
        self.queues.refresh(series).await;
    }
}

/// Sets the number of tenants in each state. Each tenant counts once.
fn refresh_tenants(counts: TenantCounts, series: &Series) {
    let states = [
        ("in_use", counts.in_use),
        ("idle", counts.open.saturating_sub(counts.in_use)),
        ("waiting", counts.waiting),
        ("opening", counts.opening.saturating_sub(counts.waiting)),
        ("closing", counts.closing),
        ("failed", counts.failed),
    ];
    set(&series.tenants, "state", &states);
}

/// The page of one server.
#[derive(Debug)]
pub(crate) struct MetricsPage {
    metrics: Metrics,
    gate: Arc<RequestGate>,
    observed: Observed,
}

impl MetricsPage {
    pub(crate) fn new(metrics: Metrics, gate: Arc<RequestGate>, observed: Observed) -> Self {
        Self { metrics, gate, observed }
    }

    /// Answers a request.
    pub(crate) async fn respond<B>(&self, request: Request<B>) -> Response<Body> {
        if request.uri().path() != PATH {
            return empty(StatusCode::NOT_FOUND);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        self.refresh().await;
        let text = match self.metrics.encode() {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(error = &error as &dyn Error, "cannot write the metrics");
                return empty(StatusCode::INTERNAL_SERVER_ERROR);
            }
        };
        let mut response = Response::new(Body::from(text));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    async fn refresh(&self) {
        let series = &self.metrics.0.series;
        let load = self.gate.load();
        set(&series.in_flight, "state", &[("running", load.running), ("waiting", load.waiting)]);
        let memory = [
            ("request_bodies", load.body_bytes),
            ("responses", load.response_bytes),
            ("request_heads", load.head_bytes),
        ];
        set(&series.memory, "use", &memory);
        match &self.observed {
            Observed::Single(observed) => observed.refresh(series).await,
            Observed::Tenants(tenants) => refresh_tenants(tenants.counts(), series),
        }
    }
}

/// Sets one series of the family for each value of the label.
fn set(family: &Family<Labels<1>, Gauge>, label: &'static str, values: &[(&'static str, usize)]) {
    for &(value, count) in values {
        family.get_or_create(&[(label, Cow::Borrowed(value))]).set(gauge(count));
    }
}
