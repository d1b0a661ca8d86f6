//! Limits the number of running requests and of waiting requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::Limits;

#[derive(Debug)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    max_requests: usize,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
}

impl Admission {
    pub(super) fn new(limits: &Limits) -> Self {
        let max_requests = limits.max_requests.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(max_requests)),
            max_requests,
            waiting: AtomicUsize::new(0),
            max_waiting: limits.max_waiting,
            patience: limits.wait_timeout,
        }
    }

    /// Takes a slot, in order of arrival. `None` if too many requests wait or the wait takes too long.
    pub(super) async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(place);
        }
        let _waiter = Waiter::new(&self.waiting, self.max_waiting)?;
        timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()
    }

    /// Returns the number of running requests.
    pub(super) fn running(&self) -> usize {
        self.max_requests.saturating_sub(self.places.available_permits())
    }

    /// Returns the number of waiting requests.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// One request that waits.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn new(waiting: &'a AtomicUsize, limit: usize) -> Option<Self> {
        let waiter = Self(waiting);
        // Counts first and drops the waiter above the limit, so that two requests never share the last slot.
        (waiter.0.fetch_add(1, Ordering::Relaxed) < limit).then_some(waiter)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, task::Poll};

    use super::*;

    fn admission(max_requests: usize, max_waiting: usize) -> Admission {
        use clap::Parser;
        let mut limits = crate::Settings::parse_from(["userbook-server"]).limits;
        (limits.max_requests, limits.max_waiting) = (max_requests, max_waiting);
        Admission::new(&limits)
    }

    #[tokio::test(start_paused = true)]
    async fn requests_beyond_the_waiting_limit_are_rejected() {
        let admission = admission(1, 1);
        let place = admission.acquire().await;
        assert!(place.is_some());
        let mut waits = std::pin::pin!(admission.acquire());
        std::future::poll_fn(|context| {
            assert!(waits.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        assert!(admission.acquire().await.is_none());
        drop(place);
        let second = waits.await;
        assert!(second.is_some());
        // The wait ends after the timeout.
        assert!(admission.acquire().await.is_none());
        drop(second);
        assert!(admission.acquire().await.is_some());
    }

    #[tokio::test]
    async fn waiting_can_be_disabled() {
        let admission = admission(1, 0);
        let _place = admission.acquire().await.unwrap();
        assert!(admission.acquire().await.is_none());
    }
}
