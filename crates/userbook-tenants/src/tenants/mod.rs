//! The open tenants of a process: each is opened once, and the idle ones make room for others.

mod janitor;
mod open_tenant;
mod opening;
mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, timeout},
};
use userbook::store::StoreError;

pub use self::open_tenant::OpenTenant;
use self::{
    open_tenant::Interest,
    opening::Opening,
    state::{Generation, Outcome, Slot, Stage, State},
};
use crate::{TenantError, TenantName, TenantSource};

/// Limits of [`Tenants`].
#[derive(Debug, Clone, Copy)]
pub struct TenantLimits {
    /// Maximum number of open tenants, counting those that are opened or closed. Times the connections of one tenant,
    /// this bounds the connections.
    pub open: usize,
    /// Idle time after which a tenant is closed.
    pub idle: Duration,
    /// Maximum wait of [`Tenants::get`].
    pub wait: Duration,
    /// Time in which a tenant that could not be opened is not tried again.
    pub pause: Duration,
}

impl TenantLimits {
    /// As many open tenants as fit into `connections` beside one connection for the list of tenants; at least one.
    pub fn for_connections(connections: u32, per_tenant: u32) -> Self {
        let open = connections.saturating_sub(1) / per_tenant.max(1);
        Self { open: usize::try_from(open).unwrap_or(1).max(1), ..Self::default() }
    }
}

impl Default for TenantLimits {
    /// 64 open tenants, closed after a minute without use; a wait of 5 seconds, a pause of 1 second.
    fn default() -> Self {
        Self {
            open: 64,
            idle: Duration::from_mins(1),
            wait: Duration::from_secs(5),
            pause: Duration::from_secs(1),
        }
    }
}

/// The number of tenants in each state, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantCounts {
    /// Open tenants.
    pub open: usize,
    /// Open tenants in use.
    pub in_use: usize,
    /// Tenants that are opened, or wait for a place.
    pub opening: usize,
    /// Tenants that wait for a place.
    pub waiting: usize,
    /// Tenants that are closed.
    pub closing: usize,
    /// Tenants that could not be opened a short time ago.
    pub failed: usize,
}

/// Opens tenants on demand, keeps the active ones open, and closes idle ones. Clones share the tenants.
///
/// - Callers that need one tenant at once open and migrate it once.
/// - A tenant in use is never closed. When tenants wait for a place and none is idle, the tenant that has been open for
///   longest serves its running operations, and then makes room: its new callers wait like the others.
/// - A tenant that cannot be opened affects no other tenant. Callers get the error at once until
///   [`TenantLimits::pause`] is over.
pub struct Tenants<S: TenantSource> {
    shared: Arc<Shared<S>>,
}

pub(crate) struct Shared<S: TenantSource> {
    source: S,
    limits: TenantLimits,
    /// A permit for each tenant that is opened, open, or closed.
    places: Arc<Semaphore>,
    state: Mutex<State<S::Tenant>>,
    /// Wakes the janitor.
    work: Arc<Notify>,
    /// Whether the janitor waits for tenants that are no longer in use.
    has_pressure: AtomicBool,
    start: Instant,
}

/// What a caller finds.
enum Entry<S: TenantSource> {
    Open(OpenTenant<S>),
    Opening(Interest<S>, watch::Receiver<Option<Outcome>>),
    Closing(watch::Receiver<Option<Outcome>>),
    Rejected(TenantError),
}

impl<S: TenantSource> Tenants<S> {
    /// Starts without open tenants. Call it in a tokio runtime, which runs the task that closes tenants.
    pub fn new(source: S, limits: TenantLimits) -> Self {
        let shared = Arc::new(Shared {
            source,
            limits,
            places: Arc::new(Semaphore::new(limits.open.clamp(1, Semaphore::MAX_PERMITS))),
            state: Mutex::new(State::default()),
            work: Arc::new(Notify::new()),
            has_pressure: AtomicBool::new(false),
            start: Instant::now(),
        });
        tokio::spawn(janitor::run(Arc::downgrade(&shared), Arc::clone(&shared.work)));
        Self { shared }
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.shared.source
    }

    /// Returns a tenant, and opens and migrates it if necessary. The tenant stays open while the [`OpenTenant`] exists:
    /// drop the value after the operation has ended, and not earlier.
    ///
    /// # Errors
    /// [`TenantError`]: [`Unknown`](TenantError::Unknown) for a tenant that was not created.
    pub async fn get(&self, name: &TenantName) -> Result<OpenTenant<S>, TenantError> {
        let wait = self.shared.limits.wait;
        let busy = || TenantError::Busy { name: name.clone(), wait };
        timeout(wait, self.wait_for(name)).await.unwrap_or_else(|_| Err(busy()))
    }

    async fn wait_for(&self, name: &TenantName) -> Result<OpenTenant<S>, TenantError> {
        loop {
            match enter(&self.shared, name) {
                Entry::Open(open_tenant) => return Ok(open_tenant),
                Entry::Rejected(error) => return Err(error),
                Entry::Closing(mut outcome) => {
                    // Either way the tenant is closed.
                    _ = outcome.wait_for(Option::is_some).await;
                }
                Entry::Opening(interest, mut outcome) => {
                    let known = outcome.wait_for(Option::is_some).await.map(|it| it.clone());
                    match known.ok().flatten() {
                        Some(Outcome::Failed(error)) => return Err(error),
                        Some(Outcome::Open) => {
                            if let Some(open_tenant) = interest.into_open() {
                                return Ok(open_tenant);
                            }
                        }
                        // The task that opened it has ended, or all callers had left.
                        Some(Outcome::Closed) | None => {}
                    }
                }
            }
        }
    }

    /// Closes this tenant after its running operations, although it is in use all the time; for a host that finds the
    /// tenant deleted or replaced. Later callers wait for the end, and look for the tenant again. A tenant that was
    /// opened after this one is not affected.
    pub fn retire(&self, open_tenant: &OpenTenant<S>) {
        let mut state = self.shared.state();
        let slot = state.tenants.get_mut(open_tenant.name());
        if let Some(slot) = slot.filter(|slot| open_tenant.is_of(&slot.generation)) {
            slot.drain();
        }
        drop(state);
        self.shared.work.notify_one();
    }

    /// Creates a tenant, and opens and migrates it. Returns false if it exists; an interrupted creation is completed.
    ///
    /// # Errors
    /// [`TenantError`].
    pub async fn create(&self, name: &TenantName) -> Result<bool, TenantError> {
        let created = self.shared.source.create(name).await.map_err(catalog)?;
        self.get(name).await?;
        Ok(created)
    }

    /// Returns the names of all tenants in ascending order.
    ///
    /// # Errors
    /// [`TenantError::Catalog`].
    pub async fn names(&self) -> Result<Vec<TenantName>, TenantError> {
        self.shared.source.names().await.map_err(catalog)
    }

    /// Returns the number of tenants in each state.
    pub fn counts(&self) -> TenantCounts {
        self.shared.state().counts()
    }

    /// Accepts no further callers, waits for running operations, and closes all tenants.
    pub async fn close(&self) {
        let mut ended = {
            let mut state = self.shared.state();
            state.is_closed = true;
            state.ended.subscribe()
        };
        self.shared.work.notify_one();
        // The state holds the sender.
        _ = ended.wait_for(|ended| *ended).await;
    }
}

fn catalog(error: StoreError) -> TenantError {
    TenantError::Catalog(Arc::new(error))
}

/// Finds the tenant, or starts to open it.
fn enter<S: TenantSource>(shared: &Arc<Shared<S>>, name: &TenantName) -> Entry<S> {
    let mut state = shared.state();
    if state.is_closed {
        return Entry::Rejected(TenantError::Closed);
    }
    if let Some(slot) = state.tenants.get(name) {
        match &slot.stage {
            Stage::Open { tenant, is_draining: false, .. } => {
                let interest = Interest::new(shared, name, &slot.generation);
                return Entry::Open(OpenTenant::new(interest, Arc::clone(tenant)));
            }
            Stage::Opening => {
                let interest = Interest::new(shared, name, &slot.generation);
                return Entry::Opening(interest, slot.generation.outcome.subscribe());
            }
            Stage::Open { .. } | Stage::Closing => {
                return Entry::Closing(slot.generation.outcome_of_end.subscribe());
            }
            Stage::Failed { error, until } if Instant::now() < *until => {
                return Entry::Rejected(error.clone());
            }
            Stage::Failed { .. } => {}
        }
    }
    let generation = Arc::new(Generation::default());
    let interest = Interest::new(shared, name, &generation);
    let outcome = generation.outcome.subscribe();
    state.tenants.insert(name.clone(), Slot { generation: Arc::clone(&generation), stage: Stage::Opening });
    drop(state);
    let opening = Opening::new(Arc::clone(shared), name.clone(), generation);
    tokio::spawn(opening.run());
    Entry::Opening(interest, outcome)
}

impl<S: TenantSource> Shared<S> {
    fn state(&self) -> MutexGuard<'_, State<S::Tenant>> {
        // No code under the lock panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the start.
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl<S: TenantSource> Drop for Shared<S> {
    fn drop(&mut self) {
        // The janitor ends.
        self.work.notify_one();
    }
}

impl<S: TenantSource> Clone for Tenants<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S: TenantSource> fmt::Debug for Tenants<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
