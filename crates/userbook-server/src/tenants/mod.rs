//! Serves several tenants: each has a database of its own, and with it its own users, tokens, permissions, events and
//! SCIM connections. The host name or the path of a request names the tenant.
//!
//! The API and the stores know nothing of tenants.

mod content;
mod databases;
mod delivery;
mod failures;
mod queue;
mod router;
mod routing;
mod site;

pub(crate) use databases::TenantDatabases;
pub(crate) use delivery::TenantDelivery;
pub(crate) use router::router;
pub use routing::{InvalidTenantRouting, TenantRouting};
pub(crate) use site::{Site, TENANT_IN_URL, is_filled};
