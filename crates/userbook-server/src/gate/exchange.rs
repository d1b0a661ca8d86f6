//! The resources that one request holds until its response is ready.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

use super::memory::{OutOfMemory, Reservation};

/// The resources of one request. The gate and the request's body share them.
#[derive(Debug)]
pub(super) struct Exchange<B>(Mutex<Held<B>>);

#[derive(Debug)]
struct Held<B> {
    place: Option<OwnedSemaphorePermit>,
    /// The memory of the body.
    memory: Reservation,
    unread: Option<B>,
}

impl<B> Exchange<B> {
    pub(super) fn new(memory: Reservation) -> Self {
        Self(Mutex::new(Held { place: None, memory, unread: None }))
    }

    /// Returns whether the request has a slot.
    pub(super) fn has_place(&self) -> bool {
        self.held().place.is_some()
    }

    pub(super) fn hold_place(&self, place: OwnedSemaphorePermit) {
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
