//! Time and identifiers that are the same for every store.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use userbook::{ChangeId, ChangeIds, Clock, Timestamp};
use uuid::Uuid;

use crate::chance::Chance;

/// The clock and the source of identifiers of one store's service.
#[derive(Debug, Clone)]
pub(crate) struct Determined(Arc<Mutex<Now>>);

#[derive(Debug)]
struct Now {
    moment: Timestamp,
    change: ChangeId,
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
        let now = Now { moment: Timestamp::UNIX_EPOCH, change: ChangeId(Uuid::nil()), uuids: Chance::new(0) };
        Self(Arc::new(Mutex::new(now)))
    }

    /// However often a store made the last operation ask, the next one finds the same.
    pub(crate) fn begin(&self, seed: u64, operation: usize, moment: Timestamp) {
        let mut uuids = of_operation(seed, operation);
        uuids.next();
        let change = change_id(seed, operation);
        *self.0.lock().expect("nobody panicked") = Now { moment, change, uuids };
    }
}

impl Clock for Determined {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("nobody panicked").moment
    }

    /// It stands: how fast a store is must not matter.
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl ChangeIds for Determined {
    fn next_change(&self) -> ChangeId {
        self.0.lock().expect("nobody panicked").change
    }

    fn next_uuid(&self) -> Uuid {
        let mut now = self.0.lock().expect("nobody panicked");
        Uuid::from_u64_pair(now.uuids.next(), now.uuids.next())
    }
}
