//! Faults inside the host: a clock that jumps, an authorizer that hangs or fails.

use super::{Outcome, scenarios::Rounds};

pub(super) fn all(_rounds: &Rounds) -> Outcome {
    Outcome::default()
}
