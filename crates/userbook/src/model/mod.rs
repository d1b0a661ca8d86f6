//! Stored values: users, groups and their identifiers.
//!
//! These types contain *plain stored values*. A row that violates a current rule still loads, is shown, and keeps what
//! an update does not name. Rules apply to new values (see [`crate::field`]).

mod external;
mod group;
mod ids;
mod time;
mod user;
mod user_type;

pub use external::{ExternalIds, ExternalSource, InvalidExternalSource};
pub use group::{Group, GroupGraph, MAX_PARENTS};
pub use ids::{ChangeId, GroupId, Revision, SessionEpoch, UserId, UserRef};
pub use time::{is_representable, parse_timestamp, timestamp_text};
pub use user::{ANONYMOUS_USERNAME, User, is_at_or_below};
pub use user_type::{UnknownUserType, UserType};

/// A time in UTC. Userbook truncates times to microseconds before it decides, because stores do so.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
