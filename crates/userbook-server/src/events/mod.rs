//! Delivery of audit events, and how long they are kept.

mod coordination;
mod dispatch;
mod file;
mod retention;
mod retry;
mod signature;
mod stdout;
mod target;
mod webhook;

pub use coordination::{Coordination, FailedEvent};
pub(crate) use coordination::{MemoryCoordination, SqlCoordination};
pub(crate) use dispatch::Delivery;
pub use file::FileSink;
pub(crate) use retention::{cutoff, keep_pruning, prune};
pub use stdout::StdoutSink;
pub use target::{EventTarget, UnknownEventTarget};
pub use webhook::{EventRejected, WebhookError, WebhookSink};
