//! Time and identifiers that are the same for every store.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use userbook::{
    Timestamp,
    clock::{ChangeIds, Clock},
    model::ChangeId,
};
use uuid::Uuid;

use crate::chance::Chance;

/// The clock and the source of identifiers of one store's service.
#[derive(Debug, Clone)]
pub(crate) struct Determined(Arc<Mutex<Now>>);

#[derive(Debug)]
struct Now {
    moment: Timestamp,
    /// The id of the operation itself, until it is taken; the ids of its member changes are drawn.
    change: Option<ChangeId>,
    uuids: Chance,
}

/// The change id of an operation. They are in no order: no store may rely on one.
pub(crate) fn change_id(seed: u64, operation: usize) -> ChangeId {
    let mut chance = of_operation(seed, operation);
    ChangeId(Uuid::from_u64_pair(chance.next(), chance.next()))
}

fn of_operation(seed: u64, operation: usize) -> Chance {
    let operation = u64::try_from(operation).expect("it fits");
    Chance::new(Chance::new(seed).next() ^ Chance::new(!operation).next())
}

impl Determined {
    pub(crate) fn new() -> Self {
        let now = Now { moment: Timestamp::UNIX_EPOCH, change: None, uuids: Chance::new(0) };
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

impl Clock for Determined {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("no panic").moment
    }

    /// It stands: how fast a store is must not matter.
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl ChangeIds for Determined {
    fn next_change(&self) -> ChangeId {
        let change = self.0.lock().expect("no panic").change.take();
        change.unwrap_or_else(|| ChangeId(self.next_uuid()))
    }

    fn next_uuid(&self) -> Uuid {
        let mut now = self.0.lock().expect("no panic");
        Uuid::from_u64_pair(now.uuids.next(), now.uuids.next())
    }
}
