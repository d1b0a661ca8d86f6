//! The callers of a tenant.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, atomic::Ordering},
};

use super::{
    Shared,
    state::{Generation, Stage},
};
use crate::{TenantName, TenantSource};

/// A caller of a tenant that is opened or open: the tenant stays.
pub(super) struct Interest<S: TenantSource> {
    shared: Arc<Shared<S>>,
    name: TenantName,
    generation: Arc<Generation>,
}

impl<S: TenantSource> Interest<S> {
    /// Counts a caller, under the lock.
    pub(super) fn new(shared: &Arc<Shared<S>>, name: &TenantName, generation: &Arc<Generation>) -> Self {
        generation.users.fetch_add(1, Ordering::SeqCst);
        Self { shared: Arc::clone(shared), name: name.clone(), generation: Arc::clone(generation) }
    }

    /// The open tenant, if the opening succeeded.
    pub(super) fn into_open(self) -> Option<OpenTenant<S>> {
        let tenant = {
            let state = self.shared.state();
            let slot = state.tenants.get(&self.name)?;
            match &slot.stage {
                Stage::Open { tenant, .. } if Arc::ptr_eq(&slot.generation, &self.generation) => {
                    Arc::clone(tenant)
                }
                _ => return None,
            }
        };
        Some(OpenTenant::new(self, tenant))
    }
}

impl<S: TenantSource> Drop for Interest<S> {
    fn drop(&mut self) {
        self.generation.last_use.store(self.shared.now(), Ordering::SeqCst);
        if self.generation.users.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.generation.abandoned.notify_one();
            // The janitor sets the flag before it looks at the number of callers.
            if self.shared.has_pressure.load(Ordering::SeqCst) {
                self.shared.work.notify_one();
            }
        }
    }
}

/// An open tenant in use. Dereferences to what the source opened. The tenant stays open while this value exists.
pub struct OpenTenant<S: TenantSource> {
    tenant: Arc<S::Tenant>,
    interest: Interest<S>,
}

impl<S: TenantSource> OpenTenant<S> {
    pub(super) fn new(interest: Interest<S>, tenant: Arc<S::Tenant>) -> Self {
        Self { tenant, interest }
    }

    /// The name of the tenant.
    pub fn name(&self) -> &TenantName {
        &self.interest.name
    }

    /// Whether this is the life of the tenant that the caller uses.
    pub(super) fn is_of(&self, generation: &Arc<Generation>) -> bool {
        Arc::ptr_eq(&self.interest.generation, generation)
    }
}

impl<S: TenantSource> Deref for OpenTenant<S> {
    type Target = S::Tenant;

    fn deref(&self) -> &S::Tenant {
        &self.tenant
    }
}

impl<S: TenantSource> fmt::Debug for OpenTenant<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTenant").field("name", self.name()).finish_non_exhaustive()
    }
}
