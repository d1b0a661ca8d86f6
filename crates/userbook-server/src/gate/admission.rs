//! Limits the number of running requests and of waiting requests.

mod share;

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
use userbook_tenants::TenantName;

use self::share::{Share, Shares};
use crate::Limits;

#[derive(Debug)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    max_requests: usize,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
    shares: Shares,
}

/// A slot of a running request.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    /// A permit of the tenant's share, dropped before the share.
    _own: Option<OwnedSemaphorePermit>,
    _share: Option<Share>,
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
            shares: Shares::new(max_requests, limits.max_waiting),
        }
    }

    /// Takes a slot, in order of arrival. `None` if too many requests wait, in total or for this tenant, or the wait
    /// takes too long.
    pub(super) async fn acquire(&self, tenant: Option<&TenantName>) -> Option<Place> {
        let share = match tenant {
            Some(tenant) => Some(self.shares.enter(tenant)?),
            None => None,
        };
        if let Some((own, place)) = self.try_places(share.as_ref()) {
            return Some(Place { _permit: place, _own: own, _share: share });
        }
        let _waiter = Waiter::new(&self.waiting, self.max_waiting)?;
        let (own, place) = timeout(self.patience, self.places(share.as_ref())).await.ok()??;
        Some(Place { _permit: place, _own: own, _share: share })
    }

    fn try_places(&self, share: Option<&Share>) -> Option<Permits> {
        let own = match share {
            Some(share) => Some(share.places().try_acquire_owned().ok()?),
            None => None,
        };
        Some((own, Arc::clone(&self.places).try_acquire_owned().ok()?))
    }

    /// Waits in the tenant's share first: only requests that have a place there wait among those of all tenants.
    async fn places(&self, share: Option<&Share>) -> Option<Permits> {
        let own = match share {
            Some(share) => Some(share.places().acquire_owned().await.ok()?),
            None => None,
        };
        Some((own, Arc::clone(&self.places).acquire_owned().await.ok()?))
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

/// A permit of the tenant's share, and one of the server.
type Permits = (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit);

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
        let place = admission.acquire(None).await;
        assert!(place.is_some());
        let mut waits = std::pin::pin!(admission.acquire(None));
        std::future::poll_fn(|context| {
            assert!(waits.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        assert!(admission.acquire(None).await.is_none());
        drop(place);
        let second = waits.await;
        assert!(second.is_some());
        // The wait ends after the timeout.
        assert!(admission.acquire(None).await.is_none());
        drop(second);
        assert!(admission.acquire(None).await.is_some());
    }

    #[tokio::test]
    async fn waiting_can_be_disabled() {
        let admission = admission(1, 0);
        let _place = admission.acquire(None).await.unwrap();
        assert!(admission.acquire(None).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_tenant_takes_a_quarter() {
        let admission = Arc::new(admission(16, 8));
        let (slow, other): (TenantName, TenantName) = ("slow".parse().unwrap(), "other".parse().unwrap());
        let mut slow_places = Vec::new();
        for _ in 0..4 {
            slow_places.push(admission.acquire(Some(&slow)).await.unwrap());
        }
        // A quarter of those that may wait waits.
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let (admission, slow) = (Arc::clone(&admission), slow.clone());
            waiting.push(tokio::spawn(async move { admission.acquire(Some(&slow)).await }));
        }
        tokio::task::yield_now().await;
        let start = tokio::time::Instant::now();
        assert!(admission.acquire(Some(&slow)).await.is_none());
        assert_eq!((start.elapsed(), admission.running(), admission.waiting()), (Duration::ZERO, 4, 2));
        // Other tenants are not affected.
        let others: Vec<_> = [admission.acquire(Some(&other)).await, admission.acquire(None).await].into();
        assert!(others.iter().all(Option::is_some));
        assert_eq!((start.elapsed(), admission.running()), (Duration::ZERO, 6));
        drop(slow_places.pop());
        let mut served = Vec::new();
        for waiting in waiting {
            served.extend(waiting.await.unwrap());
        }
        assert_eq!(served.len(), 1, "the place that became free serves one");
        drop((slow_places, served, others));
        assert_eq!((admission.running(), admission.waiting(), admission.shares.len()), (0, 0, 0));
    }
}
