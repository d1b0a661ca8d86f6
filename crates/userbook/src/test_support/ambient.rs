//! Time and identifiers that repeat in each run.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;

use crate::{
    clock::{ChangeIds, Clock},
    model::{ChangeId, Timestamp},
};

/// The first id of users and groups; the digits `7e57` mark ids of a test.
const IDS: u128 = 0x7e57_0000_0000_4000_8000_0000_0000_0000;
/// The first id of changes.
const CHANGES: u128 = 0x7e57_0000_0000_7000_8000_0000_0000_0000;

/// A clock that stands still until [`advance`](Self::advance). Clones are one clock.
#[derive(Debug, Clone)]
pub struct FixedClock {
    start: Timestamp,
    passed: Arc<Mutex<Duration>>,
}

impl FixedClock {
    /// Creates a clock that shows this time.
    pub fn new(time: Timestamp) -> Self {
        Self { start: time, passed: Arc::default() }
    }

    /// Moves both the calendar time and the monotonic time forward.
    pub fn advance(&self, by: Duration) {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        *passed = passed.saturating_add(by);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        let passed = chrono::TimeDelta::from_std(self.monotonic()).unwrap_or(chrono::TimeDelta::MAX);
        self.start.checked_add_signed(passed).unwrap_or(Timestamp::MAX_UTC)
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Consecutive ids: `7e570000-0000-4000-8000-000000000001` and so on. Changes have a counter of their own, so that the
/// ids of users and groups do not depend on the number of updates. Clones share the counters. Guessable ids belong to
/// tests.
#[derive(Debug, Clone, Default)]
pub struct NumberedIds(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    ids: AtomicU64,
    changes: AtomicU64,
}

/// Returns the next id of a row of ids that starts at `first`.
fn next(first: u128, counter: &AtomicU64) -> Uuid {
    let number = counter.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    Uuid::from_u128(first | u128::from(number & 0x0fff_ffff_ffff_ffff))
}

impl ChangeIds for NumberedIds {
    fn next_change(&self) -> ChangeId {
        ChangeId(next(CHANGES, &self.0.changes))
    }

    fn next_uuid(&self) -> Uuid {
        next(IDS, &self.0.ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_one_clock_and_one_row_of_ids() {
        let clock = FixedClock::new(Timestamp::UNIX_EPOCH);
        let clone = clock.clone();
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clone.now().to_rfc3339(), "1970-01-01T00:00:01.500+00:00");
        assert_eq!(clone.monotonic(), Duration::from_millis(1500));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX_UTC);

        let ids = NumberedIds::default();
        let clone = ids.clone();
        assert_eq!(ids.next_uuid().to_string(), "7e570000-0000-4000-8000-000000000001");
        assert_eq!(clone.next_change().0.to_string(), "7e570000-0000-7000-8000-000000000001");
        assert_eq!(clone.next_uuid().to_string(), "7e570000-0000-4000-8000-000000000002");
    }
}
