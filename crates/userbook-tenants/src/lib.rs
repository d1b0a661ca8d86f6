#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "One Userbook store per tenant. Enable `sqlite`, `postgres` or `mysql`: each feature adds one kind of tenants."
)]
#![cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(dead_code, unused_imports, reason = "code that the databases use")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod name;
mod source;
mod sql;
mod tenants;

/// Guides.
#[cfg(feature = "postgres")]
pub mod docs {
    #[doc = include_str!("../docs/tenants.md")]
    pub mod tenants {}
}

pub use error::TenantError;
pub use name::{InvalidTenantName, TenantName};
pub use source::TenantSource;
#[cfg(feature = "mysql")]
pub use sql::MySqlTenants;
#[cfg(feature = "postgres")]
pub use sql::PostgresTenants;
#[cfg(feature = "sqlite")]
pub use sql::SqliteTenants;
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub use sql::{InvalidPrefix, TenantPrefix};
pub use sql::{SqlTenants, TenantBackend};
pub use tenants::{OpenTenant, TenantCounts, TenantLimits, Tenants};
