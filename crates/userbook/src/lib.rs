//! Update a user safely.
//!
//! This is the core of Userbook: the domain types, the validation rules, and an `update_user` service over two
//! traits that a host implements or takes from an adapter crate, [`UserStore`] and [`Authorizer`]. On the wire
//! (`userbook-http`) it is authentik 2025.2's "update user".
//!
//! # Load, decide, commit
//!
//! An update is three steps, and only the middle one knows a rule:
//!
//! 1. **load**: one consistent read of every fact the decision needs, a [`Snapshot`];
//! 2. **decide**: the pure function [`decide()`] says what shall be written, or everything that is wrong;
//! 3. **commit**: one atomic conditional write of a [`ChangeSet`], only while the facts still hold.
//!
//! If somebody else was faster the service does all of it again. No transaction is open while an [`Authorizer`]
//! runs, and the answer is made from the decision: there is no third read.
//!
//! ```
//! use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UpdateError, UserService, UserUpdate};
//! use userbook_memory::MemoryStore;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
//! let host = Actor::system();
//! let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).await?.user;
//!
//! // PATCH: what is not named is kept. Only the name is written, and one event with it.
//! let updated = service.update_user(&host, ada.id, UserUpdate::patch().name("Ada Lovelace")).await?;
//! assert_eq!(updated.view.user.username, "ada");
//!
//! // A write that was decided on what is no longer there is refused.
//! let late = service.update_user(&host, ada.id, UserUpdate::patch().name("A. L.")).if_revision([ada.revision]);
//! assert!(matches!(late.await, Err(UpdateError::Condition)));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! - What is stored: [`User`], [`Group`], [`UserType`]: plain values, whatever rule they break today.
//! - What may come in: [`Username`], [`EmailAddress`], [`UserPath`], [`Attributes`], …: valid by construction, and
//!   [`UserUpdate`], which keeps *absent*, *null* and *a value* apart.
//! - What is wrong with it: [`Violations`], all of them at once; [`Denial`], what the actor may not do.
//! - Which rules hold: [`Policy`], whose default closes the known holes of the recorded release.
//! - What was done: [`Event`], written in the same step, handed on by [`deliver`].
//! - They are listed by [`UserService::list_users`] and [`list_groups`](UserService::list_groups), on a
//!   [`ListStore`] and as far as a [`ListAuthorizer`] lets the actor see.
//! - Users and groups are made and unmade by [`UserService::insert_user`], [`put_group`](UserService::put_group),
//!   [`delete_group`](UserService::delete_group) and [`delete_user`](UserService::delete_user), under the same
//!   guards, on a [`ProvisioningStore`].
//!
//! What is guaranteed when something fails, store by store, and how that is proven: [`promise`]. To say who may do
//! what in a way of your own: [`writing_an_authorizer`]. To write a store: the crate `userbook-conformance`.
//!
//! # Observability
//!
//! Operations and their steps are [`tracing`](https://docs.rs/tracing) spans with the target `userbook`. These
//! names and fields are stable; without a subscriber they cost a comparison each.
//!
//! | span | level | is |
//! | --- | --- | --- |
//! | `userbook.update` | info | [`UserService::update_user`], with `change` (the id of the audit event) and `dry_run` |
//! | `userbook.retrieve`, `userbook.authorize_update` | info | reading, and asking whether a user may be changed at all |
//! | `userbook.list_users`, `userbook.list_groups` | info | one page of a list |
//! | `userbook.admit_list` | info | asking whether a list may be seen at all |
//! | `userbook.retrieve_group`, `userbook.current_user` | info | one group, and the acting user |
//! | `userbook.insert_user`, `userbook.delete_user`, `userbook.write_group` | info | provisioning, with `change` |
//! | `load`, `authorize`, `decide`, `commit`, `list` | debug | the steps inside, once for each attempt |
//!
//! | field | is |
//! | --- | --- |
//! | `attempts` | of an operation: how many were made |
//! | `outcome` | `applied`, `unchanged`, `dry_run`, `done`, `refused` or `failed`; of a `commit` also `stale`, `gone`, `username_taken`, `missing_groups`, `guard_failed`; of a `load` `found` or `absent`; of a `decide` `reject`, `unchanged` or `commit`. A span without one belongs to a future that was dropped |
//! | `error` | `not_found`, `forbidden`, `condition`, `patch`, `invalid`, `contended`, `store_transient`, `store_ambiguous`, `store_corrupt`, `store_other`, `authorizer_transient`, `authorizer_other` |
//!
//! **No personal data** is in them: no value of a request or of a row, no name, no address, no request id of the
//! client's. Numbers that stand for a person (`actor`, `target`) are told by one event at trace level,
//! `identifiers`, which a host turns on with `userbook=trace` and off again. The `change` of an operation names
//! an audit event, which is where to look up whom it concerned, for those who may.
//!
//! # What it must not know
//!
//! HTTP, SQL, an async runtime, the time, or where randomness comes from: [`Clock`], [`ChangeIds`] and [`Backoff`]
//! are injected.

mod authz;
mod avatar;
mod clock;
mod decision;
mod event;
mod field;
mod json;
mod limits;
mod model;
mod policy;
mod service;
mod session;
mod store;
mod uid;
mod update;
mod view;
mod violation;

#[doc = include_str!("../docs/promise.md")]
pub mod promise {}

#[doc = include_str!("../docs/authorizer.md")]
pub mod writing_an_authorizer {}

pub use authz::*;
pub use avatar::*;
pub use clock::{ChangeIds, Clock, RandomIds, SystemClock};
pub use decision::{
    Attempt, Commit, Conditions, Context, Decision, Denial, FieldDenial, FieldRule, IfNoneMatch, NoRules,
    Rejection, UpdateAccess, decide,
};
pub use event::{
    Diff, Effect, Event, EventActor, EventGroup, EventKind, EventTarget, FieldDiff,
};
pub use field::{
    Attributes, EmailAddress, FieldErrors, GroupName, GroupRef, MAX_DEPTH, Memberships, Name, UserPath,
    Username,
};
pub use json::{JsonObject, SharedJson, json_contains};
pub use limits::Limits;
pub use model::*;
pub use policy::{Extension, Policy, Safeguard};
pub use service::{
    AccessError, AuthorizedGroupList, AuthorizedMemberChange, AuthorizedUpdate, AuthorizedUserList, Backoff,
    Call, ChangeMember, DeleteUser, DeleteUserCall, EventSink, GroupError, GroupUpdated, InsertUser,
    InsertUserCall, ListError, Listing, MemberCall, MembershipAction, NewGroup, NewUser, Outcome, UpdateCall,
    UpdateError, UpdateUser, Updated, UserService, UserViews, WriteGroup, WriteGroupCall, YieldOnce, deliver,
};
pub use session::{CurrentUserView, SelfView};
pub use store::*;
pub use uid::uid;
pub use update::{
    AttributesOp, FieldOps, GroupsOp, Mode, Op, PatchFailure, ReadOnlyMembers, UserUpdate, json_type,
};
pub use view::{GroupView, UserView};
pub use violation::{Field, GroupField, Violation, ViolationKind, Violations};
