//! Metrics in the Prometheus text format: counters that the server keeps, and values that a page reads when it is
//! requested.
//!
//! No label value comes from a client.

mod page;
mod spans;

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use hyper::StatusCode;
pub(crate) use page::{MetricsPage, Observed, ObservedDatabase};
use prometheus_client::{
    encoding::prometheus_text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
pub(crate) use spans::SpanCounter;
use tracing_appender::non_blocking::ErrorCounter;

/// The labels of a series: names and values.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

/// Upper bounds of the buckets of response times, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Why a request gets 503, or a connection is closed, before the API has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saturation {
    /// Too many requests wait, or one waited too long.
    Queue,
    /// No memory for the body.
    BodyMemory,
    /// No memory for the response.
    ResponseMemory,
    /// No memory for the head; the connection is closed.
    HeadMemory,
    /// The database file was deleted or replaced.
    DatabaseFile,
}

impl Saturation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::BodyMemory => "body_memory",
            Self::ResponseMemory => "response_memory",
            Self::HeadMemory => "head_memory",
            Self::DatabaseFile => "database_file",
        }
    }
}

/// The metrics of one process. Clones share the values.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    series: Series,
    /// Lines that the log has dropped, once the log has started.
    dropped_lines: OnceLock<ErrorCounter>,
}

/// All series.
#[derive(Debug)]
struct Series {
    requests: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram>,
    rejected: Family<Labels<1>, Counter>,
    operations: Family<Labels<3>, Counter>,
    attempts: Family<Labels<1>, Counter>,
    commits: Family<Labels<1>, Counter>,
    log_lines_dropped: Counter,
    connections: Gauge,
    in_flight: Family<Labels<1>, Gauge>,
    memory: Family<Labels<1>, Gauge>,
    database_connections: Family<Labels<1>, Gauge>,
    events_pending: Family<Labels<2>, Gauge>,
    events_set_aside: Family<Labels<1>, Gauge>,
    event_queries_failed: Counter,
    tenants: Family<Labels<1>, Gauge>,
}

impl Series {
    fn new() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            rejected: Family::default(),
            operations: Family::default(),
            attempts: Family::default(),
            commits: Family::default(),
            log_lines_dropped: Counter::default(),
            connections: Gauge::default(),
            in_flight: Family::default(),
            memory: Family::default(),
            database_connections: Family::default(),
            events_pending: Family::default(),
            events_set_aside: Family::default(),
            event_queries_failed: Counter::default(),
            tenants: Family::default(),
        }
    }

    /// The names and texts of the page. The guide "Operating the server" lists them.
    fn registry(&self) -> Registry {
        let mut all = Registry::with_prefix("userbook");
        all.register("requests", "Responses by operation and status", self.requests.clone());
        let help = "Time from the head of a request to its response, by operation";
        all.register_with_unit("request_duration", help, Unit::Seconds, self.durations.clone());
        all.register("rejected", "Requests and connections rejected for saturation", self.rejected.clone());
        all.register("operations", "Operations of the service by outcome and error", self.operations.clone());
        all.register("attempts", "Attempts of operations that write", self.attempts.clone());
        all.register("commits", "Commits by outcome", self.commits.clone());
        let help = "Lines of the log that were dropped because standard error was not read";
        all.register("log_lines_dropped", help, self.log_lines_dropped.clone());
        all.register("connections", "Open connections of clients", self.connections.clone());
        all.register("requests_in_flight", "Requests that run or wait", self.in_flight.clone());
        let help = "Memory of bodies, responses and heads";
        all.register_with_unit("memory_used", help, Unit::Bytes, self.memory.clone());
        let help = "Connections to the database by state";
        all.register("database_connections", help, self.database_connections.clone());
        let help = "Events that a destination does not have, counted up to 100000";
        all.register("events_pending", help, self.events_pending.clone());
        let help = "Events that a destination rejected and that were set aside";
        all.register("events_set_aside", help, self.events_set_aside.clone());
        let help = "Failed counts of events; the page then shows no number of events";
        all.register("event_queries_failed", help, self.event_queries_failed.clone());
        all.register("tenants", "Tenants with a state in this process", self.tenants.clone());
        all
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Returns metrics without values.
    pub fn new() -> Self {
        let series = Series::new();
        Self(Arc::new(Inner { registry: series.registry(), series, dropped_lines: OnceLock::new() }))
    }

    /// Counts a response.
    pub(crate) fn responded(&self, operation: &'static str, status: StatusCode, time: Duration) {
        let labels = [("operation", Cow::Borrowed(operation))];
        self.0.series.durations.get_or_create(&labels).observe(time.as_secs_f64());
        let [operation] = labels;
        let status = ("status", Cow::Owned(status.as_str().to_owned()));
        self.0.series.requests.get_or_create(&[operation, status]).inc();
    }

    /// Counts a request or connection that the server did not serve for lack of room.
    pub(crate) fn rejected(&self, reason: Saturation) {
        self.0.series.rejected.get_or_create(&[("reason", reason.as_str().into())]).inc();
    }

    /// Counts a connection until the result is dropped.
    pub(crate) fn connected(&self) -> OpenConnection {
        self.0.series.connections.inc();
        OpenConnection(self.clone())
    }

    /// Shows the number of lines that the log drops.
    pub(crate) fn watch_log(&self, dropped: ErrorCounter) {
        // A process has one log.
        _ = self.0.dropped_lines.set(dropped);
    }

    /// Returns the page.
    fn encode(&self) -> Result<String, fmt::Error> {
        if let Some(dropped) = self.0.dropped_lines.get() {
            let lines = u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX);
            self.0.series.log_lines_dropped.inner().store(lines, Ordering::Relaxed);
        }
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

/// An open connection of a client.
#[derive(Debug)]
pub(crate) struct OpenConnection(Metrics);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.0.series.connections.dec();
    }
}

/// Returns a gauge's value: a number of things in memory.
fn gauge(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_prometheus_text_format() {
        let metrics = Metrics::new();
        metrics.responded("core_users_update", StatusCode::OK, Duration::from_millis(3));
        metrics.responded("core_users_update", StatusCode::OK, Duration::from_millis(30));
        metrics.rejected(Saturation::BodyMemory);
        let connection = metrics.connected();
        let page = metrics.encode().unwrap();
        for line in [
            "# TYPE userbook_requests_total counter",
            "userbook_requests_total{operation=\"core_users_update\",status=\"200\"} 2",
            "userbook_request_duration_seconds_bucket{operation=\"core_users_update\",le=\"0.005\"} 1",
            "userbook_request_duration_seconds_count{operation=\"core_users_update\"} 2",
            "userbook_rejected_total{reason=\"body_memory\"} 1",
            "userbook_connections 1",
            "userbook_log_lines_dropped_total 0",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        drop(connection);
        assert!(metrics.encode().unwrap().contains("\nuserbook_connections 0\n"));
    }
}
