//! Limits the time of a call without a runtime.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use crate::clock::Clock;

/// Runs a call that yields regularly, and drops it at `end` by the monotonic clock. `None`: the call did not end in
/// time.
///
/// The clock is read whenever the call yields. A call that waits and never wakes is not dropped; the host limits the
/// time of a database that does not respond.
pub(super) async fn within<T>(clock: &dyn Clock, end: Duration, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if clock.monotonic() >= end => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::{
        clock::SystemClock,
        model::Timestamp,
        service::{Backoff, YieldOnce},
    };

    /// A clock that advances by one second with each look.
    #[derive(Debug, Default)]
    struct Steps(AtomicU64);

    impl Clock for Steps {
        fn now(&self) -> Timestamp {
            SystemClock.now()
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed))
        }
    }

    async fn scan(rows: u32) -> u32 {
        for row in 0..rows {
            YieldOnce.pause(row).await;
        }
        rows
    }

    #[tokio::test]
    async fn a_scan_ends_in_time_or_is_dropped() {
        let end = Duration::from_secs(10);
        for (rows, expected) in [(0, Some(0)), (10, Some(10)), (11, None), (u32::MAX, None)] {
            assert_eq!(within(&Steps::default(), end, scan(rows)).await, expected, "{rows} rows");
        }
    }
}
