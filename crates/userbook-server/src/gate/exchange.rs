//! The resources that one request holds until its response is ready.

use std::sync::{Mutex, MutexGuard, PoisonError};

use userbook_tenants::TenantName;

use super::{
    admission::Place,
    memory::{OutOfMemory, Reservation},
};

/// The resources of one request. The gate and the request's body share them.
#[derive(Debug)]
pub(super) struct Exchange<B> {
    /// Whose share the slot belongs to.
    tenant: Option<TenantName>,
    held: Mutex<Held<B>>,
}

#[derive(Debug)]
struct Held<B> {
    place: Option<Place>,
    /// The memory of the body.
    memory: Reservation,
    unread: Option<B>,
}

impl<B> Exchange<B> {
    pub(super) fn new(memory: Reservation, tenant: Option<TenantName>) -> Self {
        Self { tenant, held: Mutex::new(Held { place: None, memory, unread: None }) }
    }

    /// Returns the tenant of the request.
    pub(super) fn tenant(&self) -> Option<&TenantName> {
        self.tenant.as_ref()
    }

    /// Returns whether the request has a slot.
    pub(super) fn has_place(&self) -> bool {
        self.held().place.is_some()
    }

    pub(super) fn hold_place(&self, place: Place) {
        self.held().place = Some(place);
    }

    pub(super) fn release_place(&self) {
        self.held().place = None;
    }

    /// Reserves memory for more bytes of the body.
    pub(super) fn reserve(&self, bytes: usize) -> Result<(), OutOfMemory> {
        self.held().memory.grow(bytes)
    }

    /// Keeps a body that was not read to its end.
    pub(super) fn keep_unread(&self, body: B) {
        self.held().unread = Some(body);
    }

    pub(super) fn take_unread(&self) -> Option<B> {
        self.held().unread.take()
    }

    fn held(&self) -> MutexGuard<'_, Held<B>> {
        // Every combination of values is valid, so a poisoned lock is harmless.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
