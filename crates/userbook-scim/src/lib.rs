//! SCIM 2.0 for applications on [Userbook](userbook): identity providers such as Okta and Entra create, change and
//! deactivate users and groups (RFC 7643, RFC 7644).
//!
//! [`ScimApi`] is a service provider over the services of the core, so all rules and safeguards of the core apply: no
//! member is lost between two pushes, a deactivation ends sessions, and no pushed group grants superuser status.

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
mod params;
mod patch;
mod resource;
mod respond;
pub mod schema;
mod strictness;

pub use api::{SCIM_PATH, ScimApi};
pub use authorizer::ConnectionAuthorizer;
pub use connection::{Adoption, Connection, Connections, Deletion, StaticConnections, bearer_token};
pub use limits::ScimLimits;
pub use mapping::Mapping;
pub use strictness::Strictness;
