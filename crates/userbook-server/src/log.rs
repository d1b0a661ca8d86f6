//! The log: lines that a thread of its own writes to standard error.
//!
//! Standard error may be a pipe that is not read, or a full disk. A request must not wait for either: lines that do not
//! fit into a bounded queue are dropped and counted.

use std::{
    env,
    io::{self, IsTerminal},
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{Metrics, metrics::SpanCounter};

/// The maximum number of lines that wait to be written.
const QUEUE: usize = 4096;

/// The filter without `USERBOOK_LOG`. PostgreSQL sends a notice for each table that a migration finds.
const FILTER: &str = "info,sqlx::postgres::notice=warn";

/// The running log. Dropping it writes the lines that wait, for at most about a second.
#[derive(Debug)]
pub struct Log {
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// Starts the log of this process, with the filter of `USERBOOK_LOG`. With metrics, operations of the core are
    /// counted, whatever the filter is.
    pub fn start(metrics: Option<&Metrics>) -> Self {
        let (lines, writer) =
            NonBlockingBuilder::default().lossy(true).buffered_lines_limit(QUEUE).finish(io::stderr());
        let dropped = lines.error_counter();
        let filter = EnvFilter::try_from_env("USERBOOK_LOG").unwrap_or_else(|_| EnvFilter::new(FILTER));
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let log = fmt::layer()
            .with_ansi(io::stderr().is_terminal() && !no_colour)
            // The subscriber would report a failed write to standard error, and panic if that fails as well.
            .log_internal_errors(false)
            .with_writer(lines)
            .with_filter(filter);
        let counter = metrics.cloned().map(SpanCounter::layer);
        tracing_subscriber::registry().with(log).with(counter).init();
        if let Some(metrics) = metrics {
            metrics.watch_log(dropped.clone());
        }
        Self { dropped, _writer: writer }
    }

    /// Logs the number of lines that were dropped, if any. At the end of the process, the queue has room again.
    pub fn report_dropped(&self) {
        let lines = self.dropped.dropped_lines();
        if lines > 0 {
            tracing::warn!(lines, "lines of the log were dropped: standard error was not read");
        }
    }
}
