//! The share of one tenant: a slow one must not take the slots of all.
//!
//! A name counts before anything is known of the tenant. Names without requests are forgotten.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Semaphore;
use userbook_tenants::TenantName;

/// The part of all slots that one tenant gets.
const PART: usize = 4;

/// The shares of tenants with requests.
#[derive(Debug)]
pub(super) struct Shares {
    by_name: Arc<Mutex<HashMap<TenantName, Entry>>>,
    /// The maximum number of running requests of one tenant, and of all its requests.
    running: usize,
    all: usize,
}

#[derive(Debug)]
struct Entry {
    places: Arc<Semaphore>,
    requests: usize,
}

/// One request in the share of its tenant.
#[derive(Debug)]
pub(super) struct Share {
    by_name: Arc<Mutex<HashMap<TenantName, Entry>>>,
    name: TenantName,
    places: Arc<Semaphore>,
}

impl Shares {
    pub(super) fn new(max_requests: usize, max_waiting: usize) -> Self {
        let running = (max_requests / PART).max(1);
        Self { by_name: Arc::default(), running, all: running.saturating_add(max_waiting.div_ceil(PART)) }
    }

    /// Counts a request. `None` if the tenant has too many.
    pub(super) fn enter(&self, name: &TenantName) -> Option<Share> {
        let mut by_name = lock(&self.by_name);
        let new = || Entry { places: Arc::new(Semaphore::new(self.running)), requests: 0 };
        let entry = by_name.entry(name.clone()).or_insert_with(new);
        if entry.requests >= self.all {
            return None;
        }
        entry.requests += 1;
        let places = Arc::clone(&entry.places);
        Some(Share { by_name: Arc::clone(&self.by_name), name: name.clone(), places })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.by_name).len()
    }
}

impl Share {
    /// The slots of the tenant.
    pub(super) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.places)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut by_name = lock(&self.by_name);
        let Some(entry) = by_name.get_mut(&self.name) else { return };
        entry.requests -= 1;
        if entry.requests == 0 {
            by_name.remove(&self.name);
        }
    }
}

fn lock(by_name: &Mutex<HashMap<TenantName, Entry>>) -> MutexGuard<'_, HashMap<TenantName, Entry>> {
    // The numbers are valid at every moment.
    by_name.lock().unwrap_or_else(PoisonError::into_inner)
}
