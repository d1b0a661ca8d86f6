//! How many requests are worked on, and how many wait for it.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::Limits;

#[derive(Debug)]
pub(super) struct Admission {
    places: Semaphore,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
}

impl Admission {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            places: Semaphore::new(limits.max_requests.clamp(1, Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            max_waiting: limits.max_waiting,
            patience: limits.wait_timeout,
        }
    }

    /// A place to work, first come, first served; `None`: there is none, or not in time.
    pub(super) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        let _seat = Seat::take(&self.waiting, self.max_waiting)?;
        timeout(self.patience, self.places.acquire()).await.ok()?.ok()
    }
}

/// One who waits.
struct Seat<'a>(&'a AtomicUsize);

impl<'a> Seat<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let seat = Self(waiting);
        // Counted first and given back if it was too many: nobody slips in between.
        (seat.0.fetch_add(1, Ordering::Relaxed) < most).then_some(seat)
    }
}

impl Drop for Seat<'_> {
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
    async fn so_many_work_so_many_wait_and_the_rest_is_turned_away() {
        let admission = admission(1, 1);
        let place = admission.enter().await;
        assert!(place.is_some());
        let mut waits = std::pin::pin!(admission.enter());
        std::future::poll_fn(|context| {
            assert!(waits.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        assert!(admission.enter().await.is_none());
        drop(place);
        let second = waits.await;
        assert!(second.is_some());
        // Nobody waits for ever.
        assert!(admission.enter().await.is_none());
        drop(second);
        assert!(admission.enter().await.is_some());
    }

    #[tokio::test]
    async fn there_may_be_nobody_waiting() {
        let admission = admission(1, 0);
        let _place = admission.enter().await.unwrap();
        assert!(admission.enter().await.is_none());
    }
}
