//! The states of tenants.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, watch},
    time::Instant,
};

use super::TenantCounts;
use crate::{TenantError, TenantName};

pub(super) struct State<T> {
    pub(super) tenants: HashMap<TenantName, Slot<T>>,
    /// Tenants that wait for a place.
    pub(super) waiting: usize,
    /// Tenants that are closed, with their places.
    pub(super) closing: usize,
    /// The number of tenants opened so far.
    pub(super) opened: u64,
    pub(super) is_closed: bool,
    /// Whether the last tenant is closed.
    pub(super) ended: watch::Sender<bool>,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self {
            tenants: HashMap::new(),
            waiting: 0,
            closing: 0,
            opened: 0,
            is_closed: false,
            ended: watch::Sender::new(false),
        }
    }
}

pub(super) struct Slot<T> {
    pub(super) generation: Arc<Generation>,
    pub(super) stage: Stage<T>,
}

impl<T> Slot<T> {
    /// Accepts no further callers: an open tenant is closed as soon as its present ones have left.
    pub(super) fn drain(&mut self) {
        if let Stage::Open { is_draining, .. } = &mut self.stage {
            *is_draining = true;
        }
    }
}

pub(super) enum Stage<T> {
    Opening,
    Open {
        tenant: Arc<T>,
        place: OwnedSemaphorePermit,
        /// Orders tenants by the time of their opening.
        number: u64,
        /// Accepts no further callers.
        is_draining: bool,
    },
    Closing,
    Failed {
        error: TenantError,
        until: Instant,
    },
}

/// One life of a tenant, from opening to closing. A caller of an earlier life does not count in a later one.
#[derive(Debug)]
pub(super) struct Generation {
    /// Callers. Incremented only under the lock.
    pub(super) users: AtomicUsize,
    /// The end of the last use, in milliseconds since the start.
    pub(super) last_use: AtomicU64,
    /// The last caller left.
    pub(super) abandoned: Notify,
    /// The outcome of the opening.
    pub(super) outcome: watch::Sender<Option<Outcome>>,
    /// Set when the tenant is closed.
    pub(super) outcome_of_end: watch::Sender<Option<Outcome>>,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            users: AtomicUsize::new(0),
            last_use: AtomicU64::new(0),
            abandoned: Notify::new(),
            outcome: watch::Sender::new(None),
            outcome_of_end: watch::Sender::new(None),
        }
    }
}

impl Generation {
    pub(super) fn is_in_use(&self) -> bool {
        self.users.load(Ordering::SeqCst) > 0
    }

    /// Reports that this life is over.
    pub(super) fn end(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
        self.outcome_of_end.send_replace(Some(Outcome::Closed));
    }
}

#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Open,
    Closed,
    Failed(TenantError),
}

impl<T> State<T> {
    pub(super) fn counts(&self) -> TenantCounts {
        let mut counts =
            TenantCounts { waiting: self.waiting, closing: self.closing, ..TenantCounts::default() };
        for slot in self.tenants.values() {
            match slot.stage {
                Stage::Opening => counts.opening += 1,
                Stage::Open { .. } => {
                    counts.open += 1;
                    counts.in_use += usize::from(slot.generation.is_in_use());
                }
                Stage::Closing => {}
                Stage::Failed { .. } => counts.failed += 1,
            }
        }
        counts
    }

    /// Whether tenants must be closed as soon as their callers have left.
    pub(super) fn has_pressure(&self) -> bool {
        let is_draining = |slot: &Slot<T>| matches!(slot.stage, Stage::Open { is_draining: true, .. });
        self.is_closed || self.waiting > 0 || self.tenants.values().any(is_draining)
    }

    /// Removes this life of the tenant. A later one stays.
    pub(super) fn remove(&mut self, name: &TenantName, generation: &Arc<Generation>) {
        if self.tenants.get(name).is_some_and(|slot| Arc::ptr_eq(&slot.generation, generation)) {
            self.tenants.remove(name);
        }
    }
}
