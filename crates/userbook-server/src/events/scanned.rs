//! How far a destination has the events, so that a pass need not start at the oldest one.

use std::time::Duration;

use tokio::time::Instant;

/// How much later than an event with a greater position an event may become visible, and is still found by the next
/// pass. Later ones wait for the next pass over all events.
const LATE: Duration = Duration::from_secs(5);

/// How far passes have handled the events.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The next pass starts behind this position.
    start: i64,
    /// The position that an earlier pass reached, and when.
    reached: (i64, Instant),
}

impl Scanned {
    pub(super) fn nothing(now: Instant) -> Self {
        Self { start: 0, reached: (0, now) }
    }

    /// Returns the position behind which the next pass starts.
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// Records a pass that reached `end`; the event at `first_open` and later ones are not handled.
    pub(super) fn record(&mut self, end: i64, first_open: Option<i64>, now: Instant) {
        let end = end.max(self.reached.0);
        if now.duration_since(self.reached.1) >= LATE {
            self.start = self.reached.0;
            self.reached = (end, now);
        }
        if let Some(open) = first_open {
            self.start = self.start.min(open.saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_start_behind_what_was_handled_some_time_ago() {
        let now = Instant::now();
        let mut scanned = Scanned::nothing(now);
        scanned.record(100, None, now);
        assert_eq!(scanned.start(), 0);
        scanned.record(100, None, now + LATE);
        scanned.record(200, None, now + 2 * LATE);
        assert_eq!(scanned.start(), 100);
        // An event that failed is not left behind.
        scanned.record(300, Some(50), now + 2 * LATE);
        assert_eq!(scanned.start(), 49);
        // A pass that finds nothing does not go back.
        scanned.record(0, None, now + 3 * LATE);
        assert_eq!(scanned.start(), 200);
    }
}
