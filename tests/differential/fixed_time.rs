//! Time and identifiers that are the same for every store.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use userbook::{ChangeId, ChangeIds, Clock, Timestamp};
use uuid::Uuid;

use crate::rng::Rng;

/// The clock and the source of identifiers of one store's service.
#[derive(Debug, Clone)]
pub(crate) struct FixedTime(Arc<Mutex<Now>>);

#[derive(Debug)]
struct Now {
    moment: Timestamp,
    /// The id of the operation itself, until it is taken; the ids of its member changes are drawn.
    change: Option<ChangeId>,
    uuids: Rng,
}

/// The change id of an operation. They are in no order: no store may rely on one.
pub(crate) fn change_id(seed: u64, operation: usize) -> ChangeId {
    let mut rng = of_operation(seed, operation);
    ChangeId(Uuid::from_u64_pair(rng.next(), rng.next()))
}

fn of_operation(seed: u64, operation: usize) -> Rng {
    let operation = u64::try_from(operation).expect("it fits");
    Rng::new(Rng::new(seed).next() ^ Rng::new(!operation).next())
}

impl FixedTime {
    pub(crate) fn new() -> Self {
        let now = Now { moment: Timestamp::UNIX_EPOCH, change: None, uuids: Rng::new(0) };
        Self(Arc::new(Mutex::new(now)))
    }

    /// However many ids the last operation has drawn, the next operation draws the same.
    pub(crate) fn begin(&self, seed: u64, operation: usize, moment: Timestamp) {
        let mut uuids = of_operation(seed, operation);
        uuids.next();
        let change = Some(change_id(seed, operation));
        *self.0.lock().expect("no panic") = Now { moment, change, uuids };
    }
}

impl Clock for FixedTime {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("no panic").moment
    }

    /// It stands: how fast a store is must not matter.
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl ChangeIds for FixedTime {
    fn next_change(&self) -> ChangeId {
        let change = self.0.lock().expect("no panic").change.take();
        change.unwrap_or_else(|| ChangeId(self.next_uuid()))
    }

    fn next_uuid(&self) -> Uuid {
        let mut now = self.0.lock().expect("no panic");
        Uuid::from_u64_pair(now.uuids.next(), now.uuids.next())
    }
}
