//! A fixed clock and repeatable identifiers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use userbook::{
    Timestamp,
    clock::{ChangeIds, Clock},
    model::{ChangeId, parse_timestamp},
};
use uuid::Uuid;

/// The clock and the identifiers of a service: every service counts its identifiers from the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct FixedTime(Arc<AtomicU64>);

impl Clock for FixedTime {
    fn now(&self) -> Timestamp {
        parse_timestamp("2025-04-22T12:00:00Z").expect("a moment")
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl ChangeIds for FixedTime {
    fn next_change(&self) -> ChangeId {
        ChangeId(Uuid::from_u128(0xc4a2_9e00 + u128::from(self.0.fetch_add(1, Ordering::Relaxed))))
    }

    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(0x1d)
    }
}
