//! Hides how long a denial took.
//!
//! Loading and decoding a user takes longer than finding none, and longer for large attributes. 403 and 404 therefore
//! leave on a fixed grid after the request arrived: what happens within one step of the grid is not visible outside.
//! A response that contains several denials has a step for each.

use std::time::Duration;

use hyper::{Response, StatusCode};
use tokio::time::{Instant, sleep_until};
use userbook_http::Denials;

/// The step of the grid: longer than most loads, short for a client that is denied.
const STEP: Duration = Duration::from_millis(5);

/// Returns the number of denials that a response is or contains.
pub(super) fn denials<B>(response: &Response<B>) -> u32 {
    match response.status() {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => 1,
        _ => response.extensions().get().map_or(0, |Denials(count)| *count),
    }
}

/// Waits until a response to a request that arrived at `start` may leave. A response without denials leaves at once.
pub(super) async fn hide_duration(denials: u32, start: Instant) {
    if denials > 0 {
        sleep_until(start + on_grid(start.elapsed(), STEP.saturating_mul(denials))).await;
    }
}

/// The end of the step that `elapsed` is in.
fn on_grid(elapsed: Duration, step: Duration) -> Duration {
    let steps = elapsed.as_nanos() / step.as_nanos().max(1) + 1;
    step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_end_with_their_step() {
        for (elapsed, expected) in [(0, 5_000), (1, 5_000), (4_999, 5_000), (5_000, 10_000), (12_345, 15_000)]
        {
            assert_eq!(on_grid(Duration::from_micros(elapsed), STEP), Duration::from_micros(expected));
        }
        assert!(on_grid(Duration::MAX, STEP) >= STEP);
    }

    #[tokio::test(start_paused = true)]
    async fn only_denials_wait() {
        for (status, contained, work, expected) in [
            (StatusCode::FORBIDDEN, None, 1, 5),
            (StatusCode::FORBIDDEN, None, 4, 5),
            (StatusCode::NOT_FOUND, None, 7, 10),
            (StatusCode::OK, None, 1, 1),
            (StatusCode::BAD_REQUEST, None, 1, 1),
            (StatusCode::OK, Some(Denials(1)), 1, 5),
            (StatusCode::OK, Some(Denials(100)), 35, 500),
            (StatusCode::OK, Some(Denials(100)), 126, 500),
            (StatusCode::OK, Some(Denials(100)), 501, 1000),
        ] {
            let mut response = Response::new(());
            *response.status_mut() = status;
            contained.map(|denials| response.extensions_mut().insert(denials));
            let start = Instant::now();
            tokio::time::advance(Duration::from_millis(work)).await;
            hide_duration(denials(&response), start).await;
            assert_eq!(start.elapsed(), Duration::from_millis(expected), "{status} after {work} ms");
        }
    }
}
