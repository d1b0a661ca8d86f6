//! Memory that requests of all callers share: for bodies, and for responses that clients have not read yet.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hyper::{HeaderMap, header::AUTHORIZATION};

/// The size in bytes up to which an item is small. A part of the memory is kept for small items, so that large ones of
/// some callers do not block ordinary requests of others.
const SMALL: usize = 16 * 1024;

/// The part of the memory that one caller may use, and the part that is kept for small items.
const CALLER_PART: usize = 4;
const SMALL_PART: usize = 8;

/// Who uses memory: a hash of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Caller(u64);

/// A limited amount of memory, in bytes.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    total: usize,
    /// The maximum of one caller.
    per_caller: usize,
    kept_for_small: usize,
    used: Mutex<Used>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Used {
    all: usize,
    /// Entries are greater than 0.
    callers: HashMap<Caller, usize>,
}

/// No memory available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfMemory;

/// The memory of one item. Dropping it returns the memory.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<MemoryBudget>,
    caller: Caller,
    bytes: usize,
}

impl MemoryBudget {
    /// `largest` is the maximum size of one item; each caller may have at least one such item if `total` permits.
    pub(super) fn new(total: usize, largest: usize) -> Self {
        Self {
            total,
            per_caller: (total / CALLER_PART).max(largest.min(total)),
            kept_for_small: total / SMALL_PART,
            used: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    /// Returns the caller of a request with these headers.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Caller {
        // The scheme has no case, so that its spelling does not make another caller.
        let header = headers.get(AUTHORIZATION).map(|value| value.as_bytes().trim_ascii());
        let token = header.and_then(|header| header.rsplit(|byte| *byte == b' ').next());
        Caller(self.hasher.hash_one(token))
    }

    /// Returns an empty reservation.
    pub(super) fn reservation(self: &Arc<Self>, caller: Caller) -> Reservation {
        Reservation { budget: Arc::clone(self), caller, bytes: 0 }
    }

    /// Returns the number of bytes in use.
    pub(super) fn used(&self) -> usize {
        self.used_by_all().all
    }

    /// Returns whether all memory is in use, or all that this caller may use.
    pub(super) fn is_exhausted_for(&self, caller: Caller) -> bool {
        let used = self.used_by_all();
        used.all >= self.total || used.callers.get(&caller).is_some_and(|bytes| *bytes >= self.per_caller)
    }

    fn used_by_all(&self) -> MutexGuard<'_, Used> {
        // No operation leaves the numbers half changed.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Adds bytes, if the limits of all callers and of this caller permit.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the reservation keeps what it has.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        let budget = &self.budget;
        let item = self.bytes.saturating_add(bytes);
        let limit = if item <= SMALL { budget.total } else { budget.total - budget.kept_for_small };
        let mut used = budget.used_by_all();
        let of_caller = used.callers.get(&self.caller).copied().unwrap_or_default();
        if used.all.saturating_add(bytes) > limit || of_caller.saturating_add(bytes) > budget.per_caller {
            return Err(OutOfMemory);
        }
        used.add(self.caller, bytes);
        self.bytes = item;
        Ok(())
    }

    /// Adds bytes regardless of the limits.
    pub(super) fn force(&mut self, bytes: usize) {
        self.budget.used_by_all().add(self.caller, bytes);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.used_by_all().subtract(self.caller, self.bytes);
        }
    }
}

impl Used {
    fn add(&mut self, caller: Caller, bytes: usize) {
        if bytes > 0 {
            self.all = self.all.saturating_add(bytes);
            let of_caller = self.callers.entry(caller).or_default();
            *of_caller = of_caller.saturating_add(bytes);
        }
    }

    fn subtract(&mut self, caller: Caller, bytes: usize) {
        self.all = self.all.saturating_sub(bytes);
        if let Entry::Occupied(mut entry) = self.callers.entry(caller) {
            *entry.get_mut() = entry.get().saturating_sub(bytes);
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    const TOTAL: usize = 64 * SMALL;

    fn budget() -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget::new(TOTAL, SMALL))
    }

    #[test]
    fn one_caller_gets_a_quarter() {
        let budget = budget();
        let mut first = budget.reservation(Caller(1));
        assert_eq!(first.grow(TOTAL / 4 + 1), Err(OutOfMemory));
        assert_eq!(first.grow(TOTAL / 4), Ok(()));
        assert!(budget.is_exhausted_for(Caller(1)) && !budget.is_exhausted_for(Caller(2)));
        assert_eq!(budget.reservation(Caller(1)).grow(1), Err(OutOfMemory));
        assert_eq!(budget.reservation(Caller(2)).grow(TOTAL / 4), Ok(()));
        assert_eq!(budget.used(), TOTAL / 4);
        drop(first);
        assert_eq!((budget.used(), budget.used_by_all().callers.len()), (0, 0));
    }

    #[test]
    fn an_eighth_is_kept_for_small_items() {
        let budget = budget();
        let large: Vec<_> = (0..4)
            .map(|caller| {
                let mut item = budget.reservation(Caller(caller));
                let rest = TOTAL - TOTAL / 8 - budget.used();
                assert_eq!(item.grow(rest.min(TOTAL / 4)), Ok(()));
                item
            })
            .collect();
        let mut other = budget.reservation(Caller(9));
        assert_eq!(other.grow(SMALL + 1), Err(OutOfMemory));
        assert_eq!(other.grow(SMALL), Ok(()));
        assert_eq!(other.grow(1), Err(OutOfMemory));
        drop(large);
        assert_eq!(other.grow(1), Ok(()));
    }

    #[test]
    fn the_largest_item_fits_into_a_small_budget() {
        let budget = Arc::new(MemoryBudget::new(1000, 2000));
        let mut item = budget.reservation(Caller(1));
        assert_eq!(item.grow(1000), Ok(()));
        assert!(budget.is_exhausted_for(Caller(2)));
        assert_eq!(item.grow(1), Err(OutOfMemory));
    }

    #[test]
    fn forced_bytes_count() {
        let budget = budget();
        let mut item = budget.reservation(Caller(1));
        item.force(2 * TOTAL);
        assert!(budget.is_exhausted_for(Caller(2)));
        assert_eq!(budget.reservation(Caller(2)).grow(1), Err(OutOfMemory));
        drop(item);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn credentials_distinguish_callers() {
        let budget = budget();
        let caller = |token: &'static str| {
            budget.caller(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(token))]))
        };
        assert_eq!(caller("Bearer a"), caller("Bearer a"));
        assert_eq!(caller("Bearer a"), caller("bEARER  a"));
        assert_ne!(caller("Bearer a"), caller("Bearer b"));
        assert_ne!(caller("Bearer a"), budget.caller(&HeaderMap::new()));
    }
}
