//! Update a user safely.

mod authz;
mod avatar;
mod clock;
mod decide;
mod event;
mod field;
mod model;
mod policy;
mod service;
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
    AccessError, Backoff, EventSink, GroupError, NewGroup, NewUser, Outcome, UpdateCall, UpdateError,
    Updated, UserService, YieldOnce, deliver,
};
pub use store::*;
pub use uid::uid;
pub use update::{
    AttributesOp, FieldOps, MAX_PATCH_OPERATIONS, Mode, Op, PatchFailure, PatchTooLarge, UserUpdate,
    json_type,
};
pub use view::{GroupView, UserView};
pub use violation::{Fault, Field, GroupField, Violation, Violations};
