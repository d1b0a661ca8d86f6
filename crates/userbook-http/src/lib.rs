//! authentik's user API for [Userbook](userbook), over the types of the crate `http`: a function from request
//! to response.
//!
//! This crate decides everything that a client can see: routing, content negotiation, the order of errors, JSON,
//! lenient parsing (a number as text, `"yes"` as boolean), error bodies, entity tags, dry runs. Adapters for web
//! frameworks only convert types. [`Endpoint::into_service`] returns a `tower` service for other frameworks
//! (`examples/hyper.rs`).
//!
//! | method on `/api/v3/core/users/{id}/` | effect |
//! | --- | --- |
//! | GET, HEAD | returns a user |
//! | PUT | replaces: `username` and `name` are required, missing groups are cleared, other missing fields kept |
//! | PATCH | changes the named fields; also accepts `application/merge-patch+json` and `application/json-patch+json` |
//! | OPTIONS | describes the methods |
//!
//! [`UserApi`] serves these methods and needs a [`UserStore`](userbook::UserStore). [`DirectoryApi`] adds the
//! resources that clients use around an update (the list of users, the acting user, groups and their members, the
//! configuration) and creates, changes and deletes users and groups, for a store and an
//! authorizer that support lists and provisioning. Both implement [`Endpoint`], which the adapters
//! mount.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `openapi` | off | the module `openapi`: the OpenAPI description |
//!
//! # Processing order
//!
//! Every request takes the same steps: parse the head, authenticate, authorize, read and parse the body or the query
//! of a list, run, render. The content is not read before the caller is known to have access: the body of a denied
//! caller is not polled, for every media type and `Content-Length`. If the body takes longer than 250 ms to arrive,
//! the service authorizes again.
//!
//! | status | after |
//! | --- | --- |
//! | 404 (path), 406, 403 (token), 405 | the head |
//! | 403, 404, 412 | authorization |
//! | 400 (`dry_run`), 413, 408, 415, 400, 409 | the body or the query of a list |
//!
//! The [`ExtensionSet`] of the API enables what goes beyond the recorded release of authentik: merge and JSON patches,
//! problem details, entity tags, dry runs. `dry_run` without that extension is 400, so that a request with this
//! parameter never writes by mistake.
//!
//! A [`Release`] selects the representation: 2025.2, the recorded release, or 2026.8, which current clients expect.
//!
//! Some accidents of the recorded release are not reproduced: an id consists of decimal digits only (authentik also
//! accepts `+7`, ` 7 ` and `7_0`), bodies are UTF-8 regardless of the declared charset, filters of the list of users
//! have no effect on a single user, an empty `Accept` header accepts nothing.
//!
//! What it must not know: any rule about users ([`userbook::decision::decide`]), any storage, any async runtime, any
//! web framework.
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use http::{Request, StatusCode, request::Parts};
//! use userbook::{Actor, PermissionAuthorizer, StaticPermissions, User, UserId, UserService};
//! use userbook::store::{ImportData, ImportStore};
//! use userbook_http::{AuthenticationError, Authenticator, Representation, UserApi};
//! use userbook_memory::MemoryStore;
//!
//! /// A host's own authentication. [`BearerAuthenticator`](userbook_http::BearerAuthenticator) is ready-made.
//! #[derive(Debug)]
//! struct AlwaysHost;
//!
//! #[async_trait]
//! impl Authenticator for AlwaysHost {
//!     async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
//!         Ok(Actor::system())
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let store = MemoryStore::new();
//! let ann = User { id: UserId(7), username: "ann".to_owned(), ..User::example() };
//! store.import(&ImportData { users: vec![ann], ..ImportData::default() }).await?;
//! let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
//! let api = UserApi::new(service, AlwaysHost, Representation::new("my-install-id"));
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
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod auth;
mod avatar;
mod body;
mod directory;
mod dry_run;
mod endpoint;
mod error;
mod etag;
mod extension;
mod host;
mod lenient;
mod media;
mod negotiate;
#[cfg(feature = "openapi")]
pub mod openapi;
mod operation;
mod options;
mod params;
mod ports;
mod prefix;
mod read;
mod release;
mod render;
mod representation;
mod request_id;
mod respond;
mod route;
mod uid;
mod write;

/// Guides.
pub mod docs {
    #[doc = include_str!("../docs/mounting.md")]
    pub mod mounting {}
}

pub use api::{DEFAULT_BODY_LIMIT, UserApi};
pub use auth::{
    AuthenticationError, Authenticator, BearerAuthenticator, TokenHash, TokenIntent, TokenKey, TokenRecord,
    TokenStore, UnknownTokenIntent,
};
pub use avatar::{AvatarModeError, AvatarSubject, Avatars};
pub use body::{ReceiveError, receive_body};
pub use directory::DirectoryApi;
pub use endpoint::{Endpoint, EndpointService, PathPattern};
/// The version of `http` in this API.
pub use http;

pub use error::{ApiError, ErrorFormat, Failure, PortFailure};
pub use etag::header_list;
pub use extension::{Extension, ExtensionSet};
pub use host::{BodyError, Denials, busy, invalid_host, unknown_operation};
pub use lenient::json::{JsonBounds, JsonError, parse as parse_json};
pub use operation::operation_name;
pub use ports::{
    Credentials, NewToken, Password, PasswordChange, PortError, PreparedPassword, Recovery, Tokens,
};
pub use prefix::{API_PREFIX, InvalidPrefix};
pub use release::{Release, UnknownRelease};
pub use representation::Representation;
pub use request_id::request_id;
pub use route::{CONFIG_PATH, EVENTS_PATH, GROUPS_PATH, ROLES_PATH, SESSIONS_PATH, USERS_PATH, VERSION_PATH};
pub use uid::uid;
