//! Delivers the events of all tenants, a few tenants at a time, and deletes old events.
//!
//! A tenant is visited after a request that may have written, again while it has events that a destination did not
//! take, and from time to time: other processes write too. A visit holds one place among the open tenants, and ends
//! after [`VISIT`]. So neither a tenant with many events nor a slow destination keeps the others from delivering.

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use userbook::clock::{Clock, SystemClock};
use userbook_tenants::{TenantName, Tenants};

use super::{
    Site,
    failures::TenantFailures,
    queue::Queue,
    site::{ServedTenant, current},
};
use crate::{
    database::Database,
    events::{Delivery, TenantSink, cutoff, prune},
    serve::Sinks,
};

/// The maximum number of tenants that are visited at once, and the share of the open tenants that they may be.
const VISITS: usize = 4;
const SHARE: usize = 4;

/// The maximum time of a visit.
const VISIT: Duration = Duration::from_secs(10);

/// The time in which all tenants are visited once, and the shortest time between two of these visits.
const TOUR: Duration = Duration::from_mins(10);
const STEP: Duration = Duration::from_millis(100);

/// The shortest time between a visit that failed and the next one.
const PAUSE: Duration = Duration::from_secs(1);

/// The time between two deletions of old events in one tenant.
const PRUNE: Duration = Duration::from_hours(1);

/// How long delivery goes on after the server stops.
const DRAIN: Duration = Duration::from_secs(2);

/// The tenants to visit.
#[derive(Debug, Default)]
pub(crate) struct TenantDelivery {
    state: Mutex<State>,
    work: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: Queue,
    failures: TenantFailures,
    pruned: HashMap<TenantName, Instant>,
    /// Tenants that are visited now, and whether a further visit is due: two visits would exclude each other.
    visited: HashMap<TenantName, bool>,
}

impl State {
    /// Takes a tenant that is due and that has no running visit.
    fn take(&mut self, now: Instant) -> Option<TenantName> {
        while let Some(name) = self.queue.take(now) {
            let Some(again) = self.visited.get_mut(&name) else {
                self.visited.insert(name.clone(), false);
                return Some(name);
            };
            *again = true;
        }
        None
    }
}

impl TenantDelivery {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every state is valid.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans a visit now.
    pub(super) fn wake(&self, name: &TenantName) {
        self.plan(name, Instant::now());
    }

    fn plan(&self, name: &TenantName, time: Instant) {
        self.state().queue.plan(name, time);
        self.work.notify_one();
    }

    /// Visits tenants until `stop`, and then those that are due.
    pub(crate) async fn run(
        self: Arc<Self>,
        tenants: Tenants<Site>,
        sinks: Sinks,
        mut stop: watch::Receiver<bool>,
    ) {
        let places = VISITS.min(tenants.source().settings().limits.tenants().open / SHARE).max(1);
        let places = Arc::new(Semaphore::new(places));
        let tour = tokio::spawn(Arc::clone(&self).tour(tenants.clone()));
        let visitor = Arc::new(Visitor { delivery: self, tenants, sinks });
        let mut visits = JoinSet::new();
        tokio::select! {
            () = visitor.visit_due(&places, &mut visits, false) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        tour.abort();
        let rest = async {
            visitor.visit_due(&places, &mut visits, true).await;
            while visits.join_next().await.is_some() {}
        };
        if timeout(DRAIN, rest).await.is_err() {
            tracing::warn!("events stay pending: they were not delivered in time");
        }
        visits.shutdown().await;
    }

    /// Ends a visit.
    fn finish(&self, name: &TenantName) {
        if self.state().visited.remove(name) == Some(true) {
            self.wake(name);
        }
    }

    /// Plans a visit of each tenant, again and again.
    async fn tour(self: Arc<Self>, tenants: Tenants<Site>) {
        loop {
            let names = match tenants.names().await {
                Ok(names) => names,
                Err(error) => {
                    // Nothing is known of the tenants: what is remembered stays.
                    tracing::warn!(error = &error as &dyn Error, "cannot list the tenants");
                    sleep(PAUSE * 10).await;
                    continue;
                }
            };
            self.forget_others(&names);
            let count = u32::try_from(names.len()).unwrap_or(u32::MAX).max(1);
            let step = (TOUR / count).max(STEP);
            for name in &names {
                self.wake(name);
                sleep(step).await;
            }
            if names.is_empty() {
                sleep(PAUSE * 10).await;
            }
        }
    }

    /// Forgets tenants that do not exist any more.
    fn forget_others(&self, names: &[TenantName]) {
        let mut state = self.state();
        state.pruned.retain(|name, _| names.binary_search(name).is_ok());
        state.failures.retain(|name| names.binary_search(name).is_ok());
    }
}

/// Visits tenants.
struct Visitor {
    delivery: Arc<TenantDelivery>,
    tenants: Tenants<Site>,
    sinks: Sinks,
}

impl Visitor {
    /// Starts the visits that are due; until nothing is due if `ends`, else for ever.
    async fn visit_due(self: &Arc<Self>, places: &Arc<Semaphore>, visits: &mut JoinSet<()>, ends: bool) {
        loop {
            while visits.try_join_next().is_some() {}
            // Nothing closes the semaphore.
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
            let (due, next) = {
                let mut state = self.delivery.state();
                (state.take(Instant::now()), state.queue.next())
            };
            match due {
                Some(name) => {
                    let visitor = Arc::clone(self);
                    visits.spawn(async move {
                        visitor.visit(&name).await;
                        visitor.delivery.finish(&name);
                        drop(place);
                    });
                }
                None if ends => return,
                None => {
                    drop(place);
                    tokio::select! {
                        () = self.delivery.work.notified() => {}
                        () = sleep_until(next.unwrap_or_else(|| Instant::now() + TOUR)) => {}
                    }
                }
            }
        }
    }

    async fn visit(&self, name: &TenantName) {
        let tenant = match current(&self.tenants, name).await {
            Ok(tenant) => tenant,
            Err(error) => {
                // The next tour comes back. A tenant that is busy may be available sooner.
                if error.is_transient() {
                    self.delivery.plan(name, Instant::now() + PAUSE * 10);
                }
                return;
            }
        };
        let start = Instant::now();
        let prunes = self.delivery.state().pruned.get(name).is_none_or(|last| start - *last >= PRUNE);
        if !self.sinks.is_empty() {
            // The deletion needs its time also in a tenant that always has events.
            self.deliver(name, &tenant, if prunes { VISIT / 2 } else { VISIT }).await;
        }
        if prunes && timeout_at(start + VISIT, self.prune(name, &tenant)).await.is_err() {
            // What was deleted so far stays deleted.
            tracing::warn!(tenant = %name, "could not delete old events in time");
            self.delivery.plan(name, Instant::now() + PAUSE);
        }
    }

    /// Delivers events for at most this time.
    async fn deliver(&self, name: &TenantName, tenant: &ServedTenant, time: Duration) {
        let settings = self.tenants.source().settings();
        let (outbox, coordination) = (tenant.database.outbox.clone(), tenant.database.coordination.clone());
        let failures = self.delivery.state().failures.take(name);
        let of_tenant = |(destination, sink): &(_, Arc<dyn TenantSink>)| {
            (Clone::clone(destination), sink.of_tenant(name.as_str()))
        };
        let sinks = self.sinks.iter().map(of_tenant).collect();
        let max_bytes = settings.policy().limits().outbox_bytes;
        let delivery = Delivery::new(outbox, coordination, sinks, max_bytes, settings.events_tries);
        let rest = delivery.with_failures(failures).visit(time).await;
        if let Some(wait) = rest.wait {
            self.delivery.plan(name, Instant::now() + wait.max(PAUSE));
        }
        self.delivery.state().failures.keep(name, rest.failures);
    }

    /// Deletes old events.
    async fn prune(&self, name: &TenantName, tenant: &ServedTenant) {
        let Database { outbox, coordination, .. } = &tenant.database;
        let before = cutoff(SystemClock.now(), self.tenants.source().settings().events_keep);
        match prune(&**outbox, &**coordination, before, self.sinks.is_empty()).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(tenant = %name, events, "deleted old events"),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::warn!(tenant = %name, error, "could not delete old events");
            }
        }
        self.delivery.state().pruned.insert(name.clone(), Instant::now());
    }
}
