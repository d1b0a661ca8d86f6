//! How long to wait between attempts. The core has no runtime and cannot sleep: the host says how.

use std::{fmt::Debug, future::poll_fn, task::Poll};

use async_trait::async_trait;

/// Pauses between two attempts at a contended update.
#[async_trait]
pub trait Backoff: Debug + Send + Sync + 'static {
    /// Waits before attempt number `attempt`; the first repetition is number 1.
    async fn pause(&self, attempt: u32);
}

/// Does not wait, but lets other tasks run once. Right for tests and for stores without contention; a host with
/// a runtime should sleep for a random, growing time.
#[derive(Debug, Clone, Copy, Default)]
pub struct YieldOnce;

#[async_trait]
impl Backoff for YieldOnce {
    async fn pause(&self, _attempt: u32) {
        let mut yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
