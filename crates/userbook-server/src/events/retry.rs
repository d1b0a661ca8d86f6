//! When a failed event is tried again, and when it is set aside.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;
use userbook::model::ChangeId;

/// The pause after the first failure; each further pause is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_mins(1);

/// The pause after `failures` failures.
pub(super) fn pause(failures: u32) -> Duration {
    LONGEST.min(FIRST.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)))
}

/// An event that failed, or that some sinks do not have yet.
#[derive(Debug, Default)]
struct State {
    /// How often a receiver answered and did not accept the event.
    rejections: u32,
    failures: u32,
    /// Not before this time.
    next: Option<Instant>,
    /// The sinks that have the event.
    done: BTreeSet<usize>,
}

/// The events that failed.
#[derive(Debug, Default)]
pub(super) struct Failures(HashMap<ChangeId, State>);

impl Failures {
    /// Returns whether the event has to wait.
    pub(super) fn must_wait(&self, event: ChangeId, now: Instant) -> bool {
        self.0.get(&event).and_then(|state| state.next).is_some_and(|next| next > now)
    }

    pub(super) fn has(&self, event: ChangeId, sink: usize) -> bool {
        self.0.get(&event).is_some_and(|state| state.done.contains(&sink))
    }

    pub(super) fn delivered(&mut self, event: ChangeId, sink: usize) {
        self.0.entry(event).or_default().done.insert(sink);
    }

    /// Records a failure and returns how often receivers have rejected the event.
    pub(super) fn failed(&mut self, event: ChangeId, rejected: bool, now: Instant) -> u32 {
        let state = self.0.entry(event).or_default();
        state.failures += 1;
        state.rejections += u32::from(rejected);
        state.next = Some(now + pause(state.failures));
        state.rejections
    }

    pub(super) fn forget(&mut self, event: ChangeId) {
        self.0.remove(&event);
    }

    /// Returns the time until the next event may be tried.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.0.values().filter_map(|state| state.next).min().map(|next| next.saturating_duration_since(now))
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
}
