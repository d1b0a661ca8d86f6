//! SCIM 2.0 for applications on [Userbook](userbook): identity providers such as Okta and Entra create, change and
//! deactivate users and groups (RFC 7643, RFC 7644).
//!
//! [`ScimApi`] is a service provider over the services of the core, so all rules and safeguards of the core apply: no
//! member is lost between two pushes, a deactivation ends sessions, and no pushed group grants superuser status.
//!
#![doc = concat!("```rust,no_run\n", include_str!("../examples/scim_axum.rs"), "```\n")]
//!
//! # How a request is processed
//!
//! 1. **Authenticate** from the head: [`Connections`] finds the [`Connection`].
//! 2. **Authorize** with the core, before the body is read: a connection has rights to what it manages only
//!    ([`ConnectionAuthorizer`]).
//! 3. **Read** the body within [`ScimLimits`], and convert the values under the connection's [`Strictness`].
//! 4. **Run** the operation of the core. PATCH and PUT of a user are applied to the stored user in each attempt
//!    ([`UserUpdate::computed`](userbook::UserUpdate::computed)); members of groups change as deltas.
//! 5. **Render** the resource by the connection's [`Mapping`].
//!
//! | status | meaning |
//! | --- | --- |
//! | 400 | with `scimType`: `invalidFilter`, `tooMany`, `mutability`, `invalidSyntax`, `invalidPath`, `noTarget`, `invalidValue` |
//! | 401 | no credentials, or invalid ones |
//! | 403 | a safeguard, or an inactive service account |
//! | 404 | the resource does not exist, or the connection does not manage it |
//! | 409 | `uniqueness` |
//! | 412 | `If-Match`, `If-None-Match` |
//! | 413 | a limit, which `detail` names |
//! | 503 | try again |
//!
//! Filters and paths are parsed by the crate `scim_v2`. The resources themselves are JSON documents, because the host's
//! [`Mapping`] decides about their attributes.
//!
//! What it must not know: any rule about users, any storage, any async runtime, any web framework.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod authorizer;
mod connection;
mod endpoint;
mod error;
mod error_convert;
mod etag;
mod filter;
mod limits;
mod mapping;
pub mod openapi;
mod params;
mod patch;
mod removal;
mod resource;
mod respond;
pub mod schema;
mod strictness;
mod work;

/// Guides.
pub mod docs {
    #[doc = include_str!("../docs/guide.md")]
    pub mod scim_for_your_application {}
}

pub use api::{SCIM_PATH, ScimApi};
pub use authorizer::ConnectionAuthorizer;
pub use connection::{Adoption, Connection, Connections, Deletion, StaticConnections, bearer_token};
pub use limits::ScimLimits;
pub use mapping::Mapping;
pub use strictness::Strictness;
