//! The port that opens tenants.

use async_trait::async_trait;
use userbook::store::StoreError;

use crate::TenantName;

/// Opens, creates and closes tenants. [`Tenants`](crate::Tenants) decides when.
///
/// [`SqlTenants`](crate::SqlTenants) opens stores. A host that keeps more per tenant, such as a service and its caches,
/// implements this port over `SqlTenants`.
#[async_trait]
pub trait TenantSource: Send + Sync + 'static {
    /// What an open tenant is.
    type Tenant: Send + Sync + 'static;

    /// Returns whether the tenant exists. Runs before the tenant gets a place, also for names that a stranger chose:
    /// the call must be cheap. The call is dropped when all callers have left.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn exists(&self, name: &TenantName) -> Result<bool, StoreError>;

    /// Opens a tenant, after [`exists`](Self::exists) found it, and migrates it. `None` if it does not exist after all.
    /// Runs to its end, also if all callers have left. Must never create a tenant.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn open(&self, name: &TenantName) -> Result<Option<Self::Tenant>, StoreError>;

    /// Waits for running operations and closes all connections of the tenant.
    async fn close(&self, tenant: &Self::Tenant);

    /// Creates an empty tenant. Returns false if it exists.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn create(&self, name: &TenantName) -> Result<bool, StoreError>;

    /// Returns the names of all tenants in ascending order.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn names(&self) -> Result<Vec<TenantName>, StoreError>;
}
