//! Limits the number and the duration of attempts.

use std::time::Duration;

use super::{UserService, trace};
use crate::store::{StoreError, StoreErrorKind};

/// A reason why no further attempt is made.
#[derive(Debug)]
pub enum Exhausted {
    /// Every attempt met a concurrent change.
    Contended { attempts: u32 },
    /// The store failed, permanently or in the last attempt.
    Store(StoreError),
}

/// Counts the attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts {
    made: u32,
    until: Duration,
    failure: Option<StoreError>,
}

impl Attempts {
    /// No attempt starts after `until`, by the monotonic clock.
    pub(super) fn start(until: Duration) -> Self {
        Self { made: 0, until, failure: None }
    }

    /// Waits for the next attempt, or ends the call with the store's last error, if any.
    pub(super) async fn next<S, A>(&mut self, service: &UserService<S, A>) -> Result<(), Exhausted> {
        let late = self.made > 0 && service.clock.monotonic() >= self.until;
        if late || self.made >= service.max_attempts {
            return Err(self.exhausted());
        }
        if self.made > 0 {
            service.backoff.pause(self.made).await;
        }
        self.made += 1;
        trace::attempt(self.made);
        Ok(())
    }

    fn exhausted(&mut self) -> Exhausted {
        match self.failure.take() {
            Some(failure) => Exhausted::Store(failure),
            None => Exhausted::Contended { attempts: self.made },
        }
    }

    /// Records a conflict. Clears the last store error unless it is `Ambiguous`: the competing write may be our own
    /// commit.
    pub(super) fn contended(&mut self) {
        self.failure = self.failure.take().filter(is_doubt);
    }

    /// The commit in doubt is now known not to have been applied.
    pub(super) fn resolved(&mut self) {
        self.failure = None;
    }

    /// Records an error of the store. A retry may succeed if nothing was written, or if the next attempt can find out.
    pub(super) fn failed(&mut self, error: StoreError) -> Result<(), Exhausted> {
        let hopeless = !error.is_retryable();
        // The doubt remains, whichever error follows.
        let failure = self.failure.take().filter(is_doubt).unwrap_or(error);
        if hopeless {
            return Err(Exhausted::Store(failure));
        }
        self.failure = Some(failure);
        Ok(())
    }
}

fn is_doubt(failure: &StoreError) -> bool {
    failure.kind == StoreErrorKind::Ambiguous
}

#[cfg(test)]
mod tests {
    use StoreErrorKind::{Ambiguous, Corrupt, Other, Transient};

    use super::*;

    fn attempts(failures: &[StoreErrorKind]) -> Attempts {
        let mut attempts = Attempts { made: 1, until: Duration::ZERO, failure: None };
        for kind in failures {
            attempts.failed(StoreError::new(*kind, "scripted")).unwrap();
        }
        attempts
    }

    fn reported(exhausted: Exhausted) -> Option<StoreErrorKind> {
        match exhausted {
            Exhausted::Store(failure) => Some(failure.kind),
            Exhausted::Contended { .. } => None,
        }
    }

    #[test]
    fn doubt_outlives_conflicts_and_other_errors_until_it_is_resolved() {
        for (failures, after_conflict) in [
            (&[][..], None),
            (&[Transient][..], None),
            (&[Ambiguous], Some(Ambiguous)),
            (&[Transient, Ambiguous], Some(Ambiguous)),
            (&[Ambiguous, Transient], Some(Ambiguous)),
        ] {
            let mut contended = attempts(failures);
            contended.contended();
            assert_eq!(reported(contended.exhausted()), after_conflict, "{failures:?}");
            let mut resolved = attempts(failures);
            resolved.resolved();
            assert_eq!(reported(resolved.exhausted()), None, "{failures:?}");
        }
        assert_eq!(reported(attempts(&[Transient]).exhausted()), Some(Transient));
    }

    #[test]
    fn permanent_errors_end_the_call() {
        for (before, kind, expected) in
            [(&[][..], Other, Other), (&[Transient], Corrupt, Corrupt), (&[Ambiguous], Other, Ambiguous)]
        {
            let failed = attempts(before).failed(StoreError::new(kind, "scripted"));
            assert_eq!(reported(failed.unwrap_err()), Some(expected), "{before:?} {kind:?}");
        }
        let ended = attempts(&[]).failed(StoreError::new(Transient, "scripted").without_retry());
        assert_eq!(reported(ended.unwrap_err()), Some(Transient));
    }
}
