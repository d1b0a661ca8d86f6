//! authentik's update-user API for [Userbook](userbook), over the `http` types: a request goes in, a finished
//! response comes out.
//!
//! Everything that a client can see is decided here and nowhere else: routing, content negotiation, the order in
//! which refusals hide one another, JSON and its faults, authentik's leniency (a number where a text is wanted,
//! `"yes"` for a boolean), error bodies, entity tags, dry runs. Adapters for web frameworks convert types and do
//! nothing else; for everything else [`UserApi`] is a `tower` service (`examples/hyper.rs`).
//!
//! | method on `/api/v3/core/users/{id}/` | does |
//! | --- | --- |
//! | GET, HEAD | show a user |
//! | PUT | replace: `username` and `name` are required, groups left out are cleared, other fields kept |
//! | PATCH | change what is named; `application/merge-patch+json` and `application/json-patch+json` too |
//! | OPTIONS | what the caller may do |
//!
//! [`UserApi`] is that, and asks two methods of a store. [`DirectoryApi`] adds what clients call around an update
//! (the list of users, the caller, groups and their members, the configuration) for a store and an authorizer that
//! can list. Either is an [`Endpoint`], which the shims take.
//!
//! What goes beyond the recorded release of authentik (merge and JSON patches, problem details, entity tags, dry
//! runs) is understood as far as the service's [`Policy`](userbook::Policy) does.
//!
//! Some accidents of the recorded release are left out: an id is decimal digits and nothing else (authentik also
//! takes `+7`, ` 7 ` and `7_0`), bodies are UTF-8 whatever charset they claim, filters of the list of users do
//! nothing to a single user, an empty `Accept` header admits nothing, and of `DELETE` there is none.
//!
//! What it must not know: any rule about users ([`userbook::decide`]), any storage, any async runtime, any web
//! framework.
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use http::{Request, StatusCode, request::Parts};
//! use userbook::{Actor, ImportData, PermissionAuthorizer, ImportStore, StaticPermissions, User, UserId, UserService};
//! use userbook_http::{AuthenticationError, Authenticator, Representation, UserApi};
//! use userbook_memory::MemoryStore;
//!
//! /// A host's own authentication. [`BearerAuthenticator`](userbook_http::BearerAuthenticator) is ready-made.
//! #[derive(Debug)]
//! struct EverybodyIsTheHost;
//!
//! #[async_trait]
//! impl Authenticator for EverybodyIsTheHost {
//!     async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
//!         Ok(Actor::system())
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let store = MemoryStore::new();
//! # let ann: User = serde_json::from_value(serde_json::json!({
//! #     "id": 7, "uuid": "00000000-0000-0000-0000-000000000007", "username": "ann", "name": "Ann", "email": "",
//! #     "is_active": true, "last_login": null, "path": "users", "user_type": "internal", "attributes": {},
//! #     "groups": [], "password_change_date": "2024-01-01T00:00:00Z",
//! #     "revision": "00000000-0000-0000-0000-000000000000", "version": 0,
//! # }))?;
//! store.import(&ImportData { users: vec![ann], ..ImportData::default() }).await?;
//! let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
//! let api = UserApi::new(service, EverybodyIsTheHost, Representation::new("my-install-id"));
//!
//! let request = Request::patch("/api/v3/core/users/7/")
//!     .header("content-type", "application/json")
//!     .body(r#"{"name": "Ann Example", "email": "ann@example.com"}"#.to_owned())?;
//! let response = api.handle(request).await;
//! assert_eq!(response.status(), StatusCode::OK);
//! let user: serde_json::Value = serde_json::from_slice(response.body())?;
//! assert_eq!(user["name"], "Ann Example");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod api;
mod auth;
mod body;
mod directory;
mod dry_run;
mod endpoint;
mod error;
mod etag;
mod host;
mod lenient;
mod media;
mod negotiate;
#[cfg(feature = "openapi")]
pub mod openapi;
mod options;
mod params;
mod read;
mod render;
mod representation;
mod request_id;
mod respond;
mod route;
mod service;
mod write;

pub use api::{DEFAULT_BODY_LIMIT, UserApi};
pub use auth::{
    AuthenticationError, Authenticator, BearerAuthenticator, TokenHash, TokenIntent, TokenKey, TokenRecord,
    TokenStore, UnknownTokenIntent,
};
pub use directory::DirectoryApi;
pub use endpoint::{Endpoint, PathPattern};
pub use error::Failure;
pub use host::{BodyError, busy};
pub use representation::Representation;
pub use route::{CONFIG_PATH, GROUPS_PATH, USERS_PATH};
