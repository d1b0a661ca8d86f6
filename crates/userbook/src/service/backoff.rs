//! Pauses between attempts. The core has no runtime and cannot sleep, so the host implements the pause.

use std::{fmt::Debug, future::poll_fn, task::Poll};

use async_trait::async_trait;

/// Pauses between two attempts of a contended update.
#[async_trait]
pub trait Backoff: Debug + Send + Sync + 'static {
    /// Waits before attempt number `attempt`; the first retry is number 1.
    async fn pause(&self, attempt: u32);
}

/// Does not wait, but lets other tasks run once. Suitable for tests and for stores without contention; a host with a
/// runtime should sleep for a random, growing time.
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
