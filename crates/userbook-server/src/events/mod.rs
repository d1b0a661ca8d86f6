//! Delivery of audit events, and how long they are kept.

mod claim;
mod coordination;
mod dispatch;
mod file;
mod of_tenant;
mod progress;
mod retention;
mod retry;
mod scanned;
mod signature;
mod stdout;
mod target;
mod webhook;
mod worker;

pub(crate) use coordination::{Coordination, Destination, FailedEvent, MemoryCoordination, SqlCoordination};
pub(crate) use dispatch::Delivery;
pub use file::FileSink;
pub(crate) use of_tenant::TenantSink;
pub(crate) use retention::{cutoff, keep_pruning, prune};
pub(crate) use retry::Failures;
pub use stdout::StdoutSink;
pub use target::{EventTarget, UnknownEventTarget};
pub use webhook::{EventRejected, WebhookError, WebhookSink};
