//! What is stored: users, groups and their identifiers.
//!
//! These types hold *plain stored values*. A row that breaks a rule of today still loads, is shown, and keeps
//! what an update does not name; rules live where values come in (see [`crate::field`]).

mod group;
mod ids;
mod time;
mod user;
mod user_type;

pub use group::{Group, GroupGraph, MAX_PARENTS};
pub use ids::{ChangeId, GroupId, Revision, UserId, UserRef};
pub use time::{is_representable, parse_timestamp, timestamp_text};
pub use user::{ANONYMOUS_USERNAME, User};
pub use user_type::{UnknownUserType, UserType};

/// A moment in UTC. Userbook cuts time to microseconds before it decides on it, as every store keeps it.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
