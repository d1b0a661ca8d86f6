//! Update a user safely.

mod authz;
mod avatar;
mod clock;
mod event;
mod field;
mod model;
mod policy;
mod store;
mod uid;
mod violation;

pub use authz::*;
pub use avatar::*;
pub use clock::{ChangeIds, Clock, RandomIds, SystemClock};
pub use event::{
    Diff, Effect, Event, EventActor, EventKind, EventTarget, FieldDiff, GroupName as EventGroup,
};
pub use field::{
    Attributes, EmailAddress, Faults, GroupName, GroupRef, MAX_DEPTH, Memberships, Name, UserPath, Username,
};
pub use model::*;
pub use policy::{Extension, Policy, Safeguard};
pub use store::*;
pub use uid::uid;
pub use violation::{Fault, Field, Violation, Violations};
