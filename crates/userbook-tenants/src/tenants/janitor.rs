//! Closes idle tenants, and makes room for tenants that wait.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    time::{Instant, sleep},
};

use super::{
    Shared,
    state::{Generation, Outcome, Stage, State},
};
use crate::{TenantName, TenantSource};

/// The longest time between two rounds.
const ROUND: Duration = Duration::from_mins(1);

/// A tenant that is closed.
struct Closing<S: TenantSource> {
    shared: Arc<Shared<S>>,
    name: TenantName,
    generation: Arc<Generation>,
    tenant: Option<Arc<S::Tenant>>,
    place: Option<OwnedSemaphorePermit>,
}

/// Runs until the last handle is gone.
pub(super) async fn run<S: TenantSource>(shared: Weak<Shared<S>>, work: Arc<Notify>) {
    loop {
        let pause = match shared.upgrade() {
            Some(shared) => round(&shared),
            None => return,
        };
        tokio::select! {
            () = work.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Starts what is due, and returns the time until the next round.
fn round<S: TenantSource>(shared: &Arc<Shared<S>>) -> Duration {
    let now = shared.now();
    let mut state = shared.state();
    let instant = Instant::now();
    state.tenants.retain(|_, slot| !matches!(&slot.stage, Stage::Failed { until, .. } if *until <= instant));
    // Before the numbers of callers are read: see the end of an `Interest`.
    shared.has_pressure.store(state.has_pressure(), Ordering::SeqCst);
    if state.is_closed {
        for slot in state.tenants.values_mut() {
            slot.drain();
        }
    }
    make_room(&mut state, shared.places.available_permits());
    let idle = u64::try_from(shared.limits.idle.as_millis()).unwrap_or(u64::MAX);
    let mut pause = ROUND.min(shared.limits.idle);
    let mut due = Vec::new();
    for (name, slot) in &state.tenants {
        match &slot.stage {
            Stage::Open { is_draining, .. } if !slot.generation.is_in_use() => {
                let rest = (slot.generation.last_use.load(Ordering::SeqCst) + idle).saturating_sub(now);
                if *is_draining || rest == 0 {
                    due.push(name.clone());
                } else {
                    pause = pause.min(Duration::from_millis(rest));
                }
            }
            Stage::Failed { until, .. } => pause = pause.min(until.saturating_duration_since(instant)),
            _ => {}
        }
    }
    let closings: Vec<_> = due.iter().filter_map(|name| begin(shared, &mut state, name)).collect();
    if state.is_closed && state.closing == 0 && is_empty(&state) {
        state.ended.send_replace(true);
    }
    drop(state);
    for closing in closings {
        tokio::spawn(closing.run());
    }
    pause.max(Duration::from_millis(1))
}

/// Whether no tenant is opened or open.
fn is_empty<T>(state: &State<T>) -> bool {
    state.tenants.values().all(|slot| matches!(slot.stage, Stage::Failed { .. }))
}

/// Chooses a tenant for each one that waits for a place: an idle one that was not used for longest, else the one that
/// has been open for longest.
fn make_room<T>(state: &mut State<T>, free: usize) {
    let draining =
        state.tenants.values().filter(|slot| matches!(slot.stage, Stage::Open { is_draining: true, .. }));
    let soon = free + state.closing + draining.count();
    for _ in soon..state.waiting {
        let candidates = state.tenants.values_mut().filter_map(|slot| match slot.stage {
            Stage::Open { number, is_draining: false, .. } => {
                let is_in_use = slot.generation.is_in_use();
                let last_use = slot.generation.last_use.load(Ordering::SeqCst);
                let order = if is_in_use { number } else { last_use };
                Some(((is_in_use, order), slot))
            }
            _ => None,
        });
        match candidates.min_by_key(|(order, _)| *order) {
            Some((_, slot)) => slot.drain(),
            None => return,
        }
    }
}

/// Takes the tenant out of use.
fn begin<S: TenantSource>(
    shared: &Arc<Shared<S>>,
    state: &mut State<S::Tenant>,
    name: &TenantName,
) -> Option<Closing<S>> {
    let slot = state.tenants.get_mut(name)?;
    let Stage::Open { tenant, place, .. } = std::mem::replace(&mut slot.stage, Stage::Closing) else {
        // The caller has seen an open tenant, under the same lock.
        return None;
    };
    let generation = Arc::clone(&slot.generation);
    state.closing += 1;
    Some(Closing {
        shared: Arc::clone(shared),
        name: name.clone(),
        generation,
        tenant: Some(tenant),
        place: Some(place),
    })
}

impl<S: TenantSource> Closing<S> {
    async fn run(mut self) {
        if let Some(tenant) = self.tenant.take() {
            self.shared.source.close(&tenant).await;
        }
        tracing::debug!(tenant = %self.name, "closed a tenant");
    }
}

impl<S: TenantSource> Drop for Closing<S> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.remove(&self.name, &self.generation);
        state.closing -= 1;
        drop(state);
        self.place = None;
        self.generation.end(Outcome::Closed);
        self.shared.work.notify_one();
    }
}
