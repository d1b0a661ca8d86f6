//! Opens one tenant, in a task of its own: a caller that leaves does not interrupt a migration.

use std::{
    error::Error,
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use userbook::store::{StoreError, StoreErrorKind};

use super::{
    Shared,
    state::{Generation, Outcome, Slot, Stage},
};
use crate::{TenantError, TenantName, TenantSource};

/// The task that opened the tenant has ended without a result.
#[derive(Debug, thiserror::Error)]
#[error("the task that opened the tenant has ended")]
struct TaskEnded;

/// One opening. If it is dropped before its end, callers get an error.
pub(super) struct Opening<S: TenantSource> {
    shared: Arc<Shared<S>>,
    name: TenantName,
    generation: Arc<Generation>,
    is_done: bool,
}

/// A tenant that waits for a place.
struct Waiting<'a, S: TenantSource>(&'a Shared<S>);

impl<'a, S: TenantSource> Waiting<'a, S> {
    fn new(shared: &'a Shared<S>) -> Self {
        shared.state().waiting += 1;
        shared.work.notify_one();
        Self(shared)
    }
}

impl<S: TenantSource> Drop for Waiting<'_, S> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
        // A round of the janitor before this moment has counted one too many.
        self.0.work.notify_one();
    }
}

impl<S: TenantSource> Opening<S> {
    pub(super) fn new(shared: Arc<Shared<S>>, name: TenantName, generation: Arc<Generation>) -> Self {
        Self { shared, name, generation, is_done: false }
    }

    pub(super) async fn run(mut self) {
        let (shared, name) = (Arc::clone(&self.shared), self.name.clone());
        // Also names that a stranger chose wait here for the list of tenants.
        let Some(known) = self.unless_abandoned(shared.source.exists(&name)).await else { return };
        match known {
            Ok(true) => {}
            Ok(false) => return self.unknown(),
            // Nothing is kept: a stranger may have chosen the name.
            Err(error) => return self.remove(Outcome::Failed(TenantError::Catalog(Arc::new(error)))),
        }
        let Some(place) = self.place().await else { return };
        let opened = self.shared.source.open(&self.name).await;
        match opened {
            Ok(Some(tenant)) => self.open(tenant, place),
            Ok(None) => self.unknown(),
            Err(error) => self.fail(error),
        }
    }

    /// Waits for a place. `None` if all callers have left: the opening has ended.
    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        if self.remove_if_abandoned() {
            return None;
        }
        let places = Arc::clone(&self.shared.places);
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            return Some(place);
        }
        let shared = Arc::clone(&self.shared);
        let _waiting = Waiting::new(&shared);
        // Nothing closes the semaphore.
        self.unless_abandoned(places.acquire_owned()).await?.ok()
    }

    /// Runs the work. `None` if all callers have left meanwhile: the opening has ended.
    async fn unless_abandoned<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let generation = Arc::clone(&self.generation);
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                () = generation.abandoned.notified() => {
                    if self.remove_if_abandoned() {
                        return None;
                    }
                }
            }
        }
    }

    fn remove_if_abandoned(&mut self) -> bool {
        let mut state = self.shared.state();
        if self.generation.is_in_use() {
            return false;
        }
        state.remove(&self.name, &self.generation);
        drop(state);
        self.generation.end(Outcome::Closed);
        self.finish();
        true
    }

    fn open(mut self, tenant: S::Tenant, place: OwnedSemaphorePermit) {
        let generation = Arc::clone(&self.generation);
        let mut state = self.shared.state();
        state.opened += 1;
        let (number, is_draining) = (state.opened, state.is_closed);
        let opened = Stage::Open { tenant: Arc::new(tenant), place, number, is_draining };
        state.tenants.insert(self.name.clone(), Slot { generation, stage: opened });
        drop(state);
        tracing::debug!(tenant = %self.name, "opened a tenant");
        self.generation.last_use.store(self.shared.now(), Ordering::SeqCst);
        self.generation.outcome.send_replace(Some(Outcome::Open));
        self.finish();
    }

    fn fail(mut self, error: StoreError) {
        tracing::warn!(tenant = %self.name, error = &error as &dyn Error, "cannot open a tenant");
        let error = TenantError::Failed { name: self.name.clone(), source: Arc::new(error) };
        let until = Instant::now() + self.shared.limits.pause;
        let stage = Stage::Failed { error: error.clone(), until };
        let generation = Arc::clone(&self.generation);
        self.shared.state().tenants.insert(self.name.clone(), Slot { generation, stage });
        self.generation.end(Outcome::Failed(error));
        self.finish();
    }

    fn unknown(self) {
        let error = TenantError::Unknown(self.name.clone());
        self.remove(Outcome::Failed(error));
    }

    fn remove(mut self, outcome: Outcome) {
        self.shared.state().remove(&self.name, &self.generation);
        self.generation.end(outcome);
        self.finish();
    }

    fn finish(&mut self) {
        self.is_done = true;
        self.shared.work.notify_one();
    }
}

impl<S: TenantSource> Drop for Opening<S> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        self.shared.state().remove(&self.name, &self.generation);
        let source = Arc::new(StoreError::new(StoreErrorKind::Transient, TaskEnded));
        self.generation.end(Outcome::Failed(TenantError::Failed { name: self.name.clone(), source }));
        self.shared.work.notify_one();
    }
}
