//! Pauses between attempts of a contended update.

use std::time::Duration;

use async_trait::async_trait;
use userbook::service::Backoff;

/// Sleeps for a random time that grows from 0.5 to 20 ms. Colliding writers spread out, and none waits much longer
/// than a few commits take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jitter;

const SHORTEST_MICROS: u64 = 500;
const LONGEST_MICROS: u64 = 20_000;

#[async_trait]
impl Backoff for Jitter {
    async fn pause(&self, attempt: u32) {
        let ceiling = SHORTEST_MICROS.saturating_mul(1 << attempt.min(6)).min(LONGEST_MICROS);
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..=ceiling))).await;
    }
}
