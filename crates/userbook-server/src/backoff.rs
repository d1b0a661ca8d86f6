//! Waits between attempts at a contended update.

use std::time::Duration;

use async_trait::async_trait;
use userbook::Backoff;

/// Sleeps for a random time that grows from one millisecond to about a hundred: writers that collided once spread
/// out instead of colliding again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jitter;

const LONGEST_MICROS: u64 = 100_000;

#[async_trait]
impl Backoff for Jitter {
    async fn pause(&self, attempt: u32) {
        let ceiling = 1_000_u64.saturating_mul(1 << attempt.min(7)).min(LONGEST_MICROS);
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..=ceiling))).await;
    }
}
