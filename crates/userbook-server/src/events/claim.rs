//! The right of one replica to deliver.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};
use userbook::{
    clock::{ChangeIds, RandomIds},
    store::StoreError,
};

use super::coordination::Coordination;

/// How long the claim is valid. After half of this time the next delivery renews the claim, so that a delivery of up
/// to half of this time ends while the claim is valid.
pub(super) const VALIDITY: Duration = Duration::from_secs(45);

/// The time between two requests for a claim that another replica has.
const PAUSE: Duration = Duration::from_secs(1);

/// The claim of this process.
#[derive(Debug)]
pub(super) struct Claim {
    coordination: Arc<dyn Coordination>,
    holder: String,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Unknown,
    Held { until: Instant },
    Taken { next_request: Instant },
}

impl Claim {
    pub(super) fn new(coordination: Arc<dyn Coordination>) -> Self {
        let holder = RandomIds.next_uuid().to_string();
        Self { coordination, holder, state: Mutex::new(State::Unknown) }
    }

    /// Returns whether this process may deliver for half of the validity. Requests or renews the claim if necessary.
    pub(super) async fn hold(&self) -> Result<bool, StoreError> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        match *state {
            State::Held { until } if now + VALIDITY / 2 <= until => return Ok(true),
            State::Taken { next_request } if now < next_request => return Ok(false),
            State::Unknown | State::Held { .. } | State::Taken { .. } => {}
        }
        // If this future is dropped before the answer, `release` gives the claim back, unless the statement runs later.
        *state = State::Held { until: now };
        let held = self.coordination.claim(&self.holder, VALIDITY).await?;
        *state = if held {
            State::Held { until: now + VALIDITY }
        } else {
            State::Taken { next_request: now + PAUSE }
        };
        Ok(held)
    }

    /// Gives the claim back.
    pub(super) async fn release(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        if matches!(std::mem::replace(&mut *state, State::Unknown), State::Held { .. }) {
            self.coordination.release(&self.holder).await?;
        }
        Ok(())
    }
}
