//! Why a tenant is not available.

use std::{sync::Arc, time::Duration};

use userbook::store::{StoreError, StoreErrorKind};

use crate::TenantName;

/// A reason why a tenant is not available.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// No tenant has the name.
    #[error("tenant {0} does not exist")]
    Unknown(TenantName),
    /// All places are in use, or opening the tenant takes long. A later call may succeed.
    #[error("tenant {name} was not available within {wait:?}")]
    Busy {
        /// The tenant.
        name: TenantName,
        /// [`TenantLimits::wait`](crate::TenantLimits::wait).
        wait: Duration,
    },
    /// The tenant cannot be opened or migrated. Other tenants are not affected.
    #[error("cannot open tenant {name}")]
    Failed {
        /// The tenant.
        name: TenantName,
        /// The cause, which all callers share.
        source: Arc<StoreError>,
    },
    /// The list of tenants cannot be read or changed.
    #[error("cannot read or change the list of tenants")]
    Catalog(#[source] Arc<StoreError>),
    /// [`Tenants::close`](crate::Tenants::close) was called.
    #[error("the tenants are closed")]
    Closed,
}

impl TenantError {
    /// Returns whether a later call may succeed without a change of the database.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Closed => true,
            Self::Failed { source, .. } | Self::Catalog(source) => source.kind == StoreErrorKind::Transient,
            Self::Unknown(_) => false,
        }
    }
}
