//! The bound on attempts: how many, and for how long.

use std::time::Duration;

use super::UserService;
use crate::{StoreError, StoreErrorKind};

/// Why no further attempt is made.
#[derive(Debug)]
pub(super) enum Exhausted {
    /// Others were faster in every attempt.
    Contended { attempts: u32 },
    /// The store failed, for good or in the last attempt.
    Store(StoreError),
}

/// Counts the attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts {
    made: u32,
    at_once: bool,
    until: Duration,
    failure: Option<StoreError>,
}

impl Attempts {
    pub(super) fn start<S, A>(service: &UserService<S, A>) -> Self {
        let until = service.clock.monotonic().saturating_add(service.deadline);
        Self { made: 0, at_once: false, until, failure: None }
    }

    /// Waits for the next attempt, or ends the call: with the store's last failure if there was one.
    pub(super) async fn next<S, A>(&mut self, service: &UserService<S, A>) -> Result<(), Exhausted> {
        if self.made > 0 {
            let late = service.clock.monotonic() >= self.until;
            if late || self.made >= service.max_attempts {
                return Err(self.exhausted());
            }
            if !std::mem::take(&mut self.at_once) {
                service.backoff.pause(self.made).await;
            }
        }
        self.made += 1;
        Ok(())
    }

    fn exhausted(&mut self) -> Exhausted {
        match self.failure.take() {
            Some(failure) => Exhausted::Store(failure),
            None => Exhausted::Contended { attempts: self.made },
        }
    }

    /// Something was left to ask: nobody was in the way, so the next attempt need not wait.
    pub(super) fn repeat_at_once(&mut self) {
        self.at_once = true;
    }

    /// Somebody else was faster: no failure of the store's.
    pub(super) fn contended(&mut self) {
        self.failure = None;
    }

    /// The store failed. Trying again may help if nothing was written, or if that can be found out.
    pub(super) fn failed(&mut self, error: StoreError) -> Result<(), Exhausted> {
        match error.kind {
            StoreErrorKind::Transient | StoreErrorKind::Ambiguous => {
                self.failure = Some(error);
                Ok(())
            }
            StoreErrorKind::Corrupt | StoreErrorKind::Other => Err(Exhausted::Store(error)),
        }
    }
}
