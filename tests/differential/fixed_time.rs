//! Times and identifiers that are equal for every store.

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

use crate::rng::Rng;

/// The clock and the id source of one store's service.
#[derive(Debug, Clone)]
pub(crate) struct FixedTime(Arc<Mutex<Now>>);

#[derive(Debug)]
struct Now {
    moment: Timestamp,
    /// The id of the operation until it is used; ids of member changes are drawn.
    change: Option<ChangeId>,
    uuids: Rng,
}

/// Returns the change id of an operation. Change ids are unordered, because no store may rely on an order.
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

    /// Starts an operation. Its ids do not depend on the number of ids drawn before.
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

    /// The monotonic clock stands still: the speed of a store must not matter.
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
