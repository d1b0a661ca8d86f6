//! Hides how long a denial took.
//!
//! Loading and decoding a user takes longer than finding none, and longer for large attributes. 403 and 404 therefore
//! leave on a fixed grid after the request arrived: what happens within one step of the grid is not visible outside.

use std::time::Duration;

use hyper::StatusCode;
use tokio::time::{Instant, sleep_until};

/// The step of the grid: longer than most loads, short for a client that is denied.
const STEP: Duration = Duration::from_millis(5);

/// Waits until a response to a request that arrived at `start` may leave. Other responses than 403 and 404 leave at
/// once.
pub(super) async fn hide_duration(status: StatusCode, start: Instant) {
    if matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
        sleep_until(start + on_grid(start.elapsed())).await;
    }
}

/// The end of the step that `elapsed` is in.
fn on_grid(elapsed: Duration) -> Duration {
    let steps = elapsed.as_nanos() / STEP.as_nanos() + 1;
    STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_end_with_their_step() {
        for (elapsed, expected) in [(0, 5_000), (1, 5_000), (4_999, 5_000), (5_000, 10_000), (12_345, 15_000)]
        {
            assert_eq!(on_grid(Duration::from_micros(elapsed)), Duration::from_micros(expected));
        }
        assert!(on_grid(Duration::MAX) >= STEP);
    }

    #[tokio::test(start_paused = true)]
    async fn only_denials_wait() {
        for (status, work, expected) in [
            (StatusCode::FORBIDDEN, 1, 5),
            (StatusCode::FORBIDDEN, 4, 5),
            (StatusCode::NOT_FOUND, 7, 10),
            (StatusCode::OK, 1, 1),
            (StatusCode::BAD_REQUEST, 1, 1),
        ] {
            let start = Instant::now();
            tokio::time::advance(Duration::from_millis(work)).await;
            hide_duration(status, start).await;
            assert_eq!(start.elapsed(), Duration::from_millis(expected), "{status} after {work} ms");
        }
    }
}
