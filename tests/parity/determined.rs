//! Time that stands, and the same identifiers again in each service.

use std::time::Duration;

use userbook::{
    Timestamp,
    clock::{ChangeIds, Clock},
    model::{ChangeId, parse_timestamp},
};
use uuid::Uuid;

/// The clock and the identifiers of a service that changes something once at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Determined;

impl Clock for Determined {
    fn now(&self) -> Timestamp {
        parse_timestamp("2025-04-22T12:00:00Z").expect("a moment")
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl ChangeIds for Determined {
    fn next_change(&self) -> ChangeId {
        ChangeId(Uuid::from_u128(0xc4a2_9e00))
    }

    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(0x1d)
    }
}
