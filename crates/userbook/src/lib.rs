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
//! - Users and groups are made and unmade by [`UserService::insert_user`], [`put_group`](UserService::put_group),
//!   [`delete_group`](UserService::delete_group) and [`delete_user`](UserService::delete_user), under the same
//!   guards, on a [`DirectoryStore`].
//!
//! # What it must not know
//!
//! HTTP, SQL, an async runtime, the time, or where randomness comes from: [`Clock`], [`ChangeIds`] and [`Backoff`]
//! are injected.

mod authz;
mod avatar;
mod clock;
mod decide;
mod event;
mod field;
mod model;
mod policy;
mod service;
mod session;
mod store;
mod uid;
mod update;
mod view;
mod violation;

pub use authz::*;
pub use avatar::*;
pub use clock::{ChangeIds, Clock, RandomIds, SystemClock};
pub use decide::{
    Attempt, Commit, Conditions, Decision, Denial, FieldDenial, FieldRule, NoRules, Rejection, Unless, admit,
    decide,
};
pub use event::{
    Diff, Effect, Event, EventActor, EventKind, EventTarget, FieldDiff, GroupName as EventGroup,
};
pub use field::{
    Attributes, EmailAddress, Faults, GroupName, GroupRef, MAX_DEPTH, Memberships, Name, UserPath, Username,
};
pub use model::*;
pub use policy::{Extension, Policy, Safeguard};
pub use service::{
    AccessError, Backoff, EventSink, GroupError, Listing, NewGroup, NewUser, Outcome, UpdateCall,
    UpdateError, Updated, UserService, YieldOnce, deliver,
};
pub use session::{SelfView, SessionView};
pub use store::*;
pub use uid::uid;
pub use update::{
    AttributesOp, FieldOps, MAX_PATCH_OPERATIONS, Mode, Op, PatchFailure, PatchTooLarge, UserUpdate,
    json_type,
};
pub use view::{GroupView, UserView};
pub use violation::{Fault, Field, GroupField, Violation, Violations};
