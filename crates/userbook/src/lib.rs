//! Updates users safely: the whole update or nothing, never over a concurrent change, and only what the caller may do.
//!
//! ```
//! use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UpdateError, UserService, UserUpdate};
//! use userbook_memory::MemoryStore;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
//!     let service = UserService::new(MemoryStore::new(), authorizer);
//!     let host = Actor::system();
//!     let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await?.view.user;
//!
//!     // A patch changes the fields it names and keeps all others.
//!     let updated = service.update_user(&host, ada.id, UserUpdate::patch().name("Ada Lovelace")).await?;
//!     assert_eq!(updated.view.user.username, "ada");
//!
//!     // An update of a state that is no longer current writes nothing.
//!     let update = UserUpdate::patch().name("A. L.");
//!     let stale = service.update_user(&host, ada.id, update).if_revision([ada.revision]).await;
//!     assert!(matches!(stale, Err(UpdateError::Condition)));
//!     Ok(())
//! }
//! ```
//!
//! This crate is the core of Userbook: domain types, validation rules, decisions and the service, over storage and
//! authorization traits that a host implements or takes from another crate. `userbook-http` provides authentik
//! 2025.2's user API over the service.
//!
//! # How an operation works
//!
//! 1. **Load** one consistent [`Snapshot`](store::Snapshot) of the facts.
//! 2. **Authorize** before the request's content is used: one call to the [`Authorizer`].
//! 3. **Resolve** the request against the snapshot, then load and authorize what the content names.
//! 4. **Decide** with the pure function [`decide()`](decision::decide()): the change to write, or the reason to reject
//!    it.
//! 5. **Commit** a [`ChangeSet`](store::ChangeSet) with its [`Event`](event::Event), only while the facts still hold.
//!
//! After a conflict the service repeats all of these steps. No transaction is open while the authorizer runs.
//!
//! # Overview
//!
//! | topic | types |
//! | --- | --- |
//! | operations | [`UserService`]; every write is a [`Call`](service::Call) with options such as [`dry_run`](service::Call::dry_run) |
//! | requests | [`UserUpdate`], [`NewUser`], [`NewGroup`]; *absent*, *null* and *a value* differ in every field |
//! | validated values | [`Username`](field::Username), [`EmailAddress`](field::EmailAddress), [`UserPath`](field::UserPath), [`Attributes`](field::Attributes), … |
//! | stored values | [`User`], [`Group`], [`UserType`] |
//! | errors | [`UpdateError`], [`GroupError`], [`AccessError`], [`ListError`]; [`Violations`] contains all violations, [`Denial`](decision::Denial) the reason why the actor is denied |
//! | rules | [`Policy`], [`Safeguard`], [`Limits`]; a host adds rules with [`FieldRule`](decision::FieldRule) and [`ChangeRule`](service::ChangeRule) |
//! | storage ports | [`UserStore`] (two methods), [`ProvisioningStore`](store::ProvisioningStore), [`ListStore`](store::ListStore), [`ImportStore`](store::ImportStore), [`Outbox`](store::Outbox) |
//! | authorization ports | [`Authorizer`], [`ListAuthorizer`](authz::ListAuthorizer); [`PermissionAuthorizer`] decides like authentik |
//! | audit | [`Event`](event::Event), [`deliver`](service::deliver), [`EventSink`](service::EventSink) |
//! | tests of hosts | `test_support` (feature `test-support`): fixed clock, numbered ids, failing store, assertions |
//! | injected | [`Clock`](clock::Clock), [`ChangeIds`](clock::ChangeIds), [`Backoff`](service::Backoff) |
//!
//! # Guides
//!
//! - [Adopt Userbook in an application that has
//!   users](https://docs.rs/userbook-sqlx/latest/userbook_sqlx/docs/adopt/index.html)
//! - [Passwords, logins, sessions](docs::passwords_logins_sessions)
//! - [Writing an authorizer](docs::writing_an_authorizer)
//! - [Rules of the host](docs::rules_of_the_host): rules that see the actor and the new values
//! - [Codes](docs::codes): the stable codes of errors and violations with their parameters, for translations
//! - [Guarantees](docs::guarantees): behaviour after failures, for each store, and how it is tested
//! - [Safeguards](docs::safeguards): the rules beyond authentik, and how to switch one off
//! - [Observability](docs::observability): spans, their fields, and data that they never contain
//! - [Writing a store](https://docs.rs/userbook-conformance): a complete store and the test kit
//!
//! # What it must not know
//!
//! HTTP, SQL, an async runtime, the time, or a source of randomness.

pub mod authz;
pub mod clock;
pub mod decision;
pub mod event;
pub mod field;
pub mod json;
mod limits;
pub mod model;
mod policy;
pub mod service;
pub mod store;
#[cfg(feature = "test-support")]
pub mod test_support;
pub mod update;
pub mod view;
pub mod violation;

/// Guides.
pub mod docs {
    #[doc = include_str!("../docs/authorizer.md")]
    pub mod writing_an_authorizer {}

    #[doc = include_str!("../docs/codes.md")]
    pub mod codes {}

    #[doc = include_str!("../docs/guarantees.md")]
    pub mod guarantees {}

    #[doc = include_str!("../docs/observability.md")]
    pub mod observability {}

    #[doc = include_str!("../docs/rules.md")]
    pub mod rules_of_the_host {}

    #[doc = include_str!("../docs/safeguards.md")]
    pub mod safeguards {}

    #[doc = include_str!("../docs/sessions.md")]
    pub mod passwords_logins_sessions {}
}

/// The versions of `chrono` and `uuid` in this API.
pub use {chrono, uuid};

pub use authz::{Actor, Authorizer, PermissionAuthorizer, StaticPermissions};
pub use json::JsonObject;
pub use limits::Limits;
pub use model::{Group, GroupId, Revision, Timestamp, User, UserId, UserRef, UserType};
pub use policy::{Policy, Safeguard};
pub use service::{
    AccessError, GroupError, GroupUpdated, ListError, NewGroup, NewUser, Outcome, UpdateError, Updated,
    UserService,
};
pub use store::UserStore;
pub use update::UserUpdate;
pub use violation::{Field, Violations};
