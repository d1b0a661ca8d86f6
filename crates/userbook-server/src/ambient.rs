//! Time and identifiers of the server: those of the system, or fixed ones for tests of other programs.

use std::time::Duration;

use userbook::{
    Timestamp,
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
    model::ChangeId,
    test_support::NumberedIds,
};
use uuid::Uuid;

/// Provides time and identifiers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ambient {
    time: Option<Timestamp>,
    ids: Option<NumberedIds>,
}

/// Guessable identifiers and tokens belong to a test.
#[derive(Debug, thiserror::Error)]
#[error("--fixed-time and --numbered-ids require --database memory:")]
pub(crate) struct NotInMemory;

impl Ambient {
    /// Returns the system's, with this fixed time and with numbered ids if requested.
    ///
    /// # Errors
    /// [`NotInMemory`] for fixed values of a database that outlives the process.
    pub(crate) fn new(
        time: Option<Timestamp>,
        has_numbered_ids: bool,
        is_in_memory: bool,
    ) -> Result<Self, NotInMemory> {
        if (time.is_some() || has_numbered_ids) && !is_in_memory {
            return Err(NotInMemory);
        }
        Ok(Self { time, ids: has_numbered_ids.then(NumberedIds::default) })
    }
}

impl Clock for Ambient {
    fn now(&self) -> Timestamp {
        self.time.unwrap_or_else(|| SystemClock.now())
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

impl ChangeIds for Ambient {
    fn next_change(&self) -> ChangeId {
        match &self.ids {
            Some(ids) => ids.next_change(),
            None => RandomIds.next_change(),
        }
    }

    fn next_uuid(&self) -> Uuid {
        match &self.ids {
            Some(ids) => ids.next_uuid(),
            None => RandomIds.next_uuid(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_values_repeat_in_each_process_and_only_in_memory() {
        let time = Timestamp::UNIX_EPOCH;
        for _ in 0..2 {
            let ambient = Ambient::new(Some(time), true, true).unwrap();
            let clone = ambient.clone();
            assert_eq!(ambient.now(), time);
            assert_eq!(ambient.next_uuid().to_string(), "7e570000-0000-4000-8000-000000000001");
            assert_eq!(clone.next_change().0.to_string(), "7e570000-0000-7000-8000-000000000001");
            assert_eq!(clone.next_uuid().to_string(), "7e570000-0000-4000-8000-000000000002");
        }
        assert!(Ambient::new(None, false, false).is_ok());
        for (time, has_numbered_ids) in [(Some(time), false), (None, true)] {
            assert!(Ambient::new(time, has_numbered_ids, false).is_err());
        }
    }

    #[test]
    fn the_system_has_time_and_random_ids() {
        let system = Ambient::default();
        assert!(system.now() > Timestamp::UNIX_EPOCH);
        assert_ne!(system.next_uuid(), system.next_uuid());
        assert_ne!(system.next_change(), system.next_change());
    }
}
