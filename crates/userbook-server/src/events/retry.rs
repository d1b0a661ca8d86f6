//! When a failed event is sent again, and when it is set aside.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

/// The pause after the first failure; each further pause is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_mins(1);

/// The pause after `failures` failures.
pub(super) fn pause(failures: u32) -> Duration {
    LONGEST.min(FIRST.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)))
}

#[derive(Debug)]
struct State {
    /// How often the destination answered and did not accept the event.
    rejections: u32,
    failures: u32,
    /// Not before this time.
    next: Instant,
}

/// The events that one destination failed to take, by position.
#[derive(Debug, Default)]
pub(crate) struct Failures(HashMap<i64, State>);

impl Failures {
    /// Returns when an event that failed may be sent again.
    pub(super) fn next_try(&self, event: i64) -> Option<Instant> {
        self.0.get(&event).map(|state| state.next)
    }

    /// Records a failure and returns how often the destination has rejected the event.
    pub(super) fn failed(&mut self, event: i64, rejected: bool, now: Instant) -> u32 {
        let state = self.0.entry(event).or_insert(State { rejections: 0, failures: 0, next: now });
        state.failures = state.failures.saturating_add(1);
        state.rejections += u32::from(rejected);
        state.next = now + pause(state.failures);
        state.rejections
    }

    pub(super) fn forget(&mut self, event: i64) {
        self.0.remove(&event);
    }

    /// Returns the number of events.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// One failure of each event.
    #[cfg(test)]
    pub(crate) fn of(events: impl IntoIterator<Item = i64>) -> Self {
        let mut failures = Self::default();
        for event in events {
            failures.failed(event, false, Instant::now());
        }
        failures
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets events that do not wait any more: another process may have delivered them.
    pub(super) fn retain(&mut self, waiting: &HashSet<i64>) {
        self.0.retain(|event, _| waiting.contains(event));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the time until the next event may be sent again.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.0.values().map(|state| state.next).min().map(|next| next.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let millis: Vec<_> = [1, 2, 3, 9, 10, 40, u32::MAX].map(|n| pause(n).as_millis()).into();
        assert_eq!(millis, [200, 400, 800, 51_200, 60_000, 60_000, 60_000]);
    }

    #[test]
    fn forgotten_events_do_not_wait() {
        let now = Instant::now();
        let mut failures = Failures::default();
        assert_eq!([1, 2].map(|event| failures.failed(event, event == 2, now)), [0, 1]);
        assert_eq!(failures.wait(now), Some(FIRST));
        failures.retain(&HashSet::from([2]));
        assert_eq!((failures.next_try(1), failures.next_try(2)), (None, Some(now + FIRST)));
        failures.forget(2);
        assert_eq!(failures.wait(now), None);
    }
}
