//! Identifiers, each with its own type.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A user's integer primary key, authentik's `pk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

/// Identifies a user by either of its two keys.
///
/// Exhaustive: a store finds users by each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRef {
    /// The integer primary key.
    Id(UserId),
    /// The stable UUID, authentik's `uuid`.
    Uuid(Uuid),
}

impl From<UserId> for UserRef {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

/// Converts an id for calls that also accept "no such user".
impl From<UserId> for Option<UserRef> {
    fn from(id: UserId) -> Self {
        Some(UserRef::Id(id))
    }
}

impl From<Uuid> for UserRef {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Uuid(uuid) => uuid.fmt(f),
        }
    }
}

/// A group's primary key, authentik's `group_uuid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub Uuid);

/// The state of a user's row. Every applied change sets a new revision; equal revisions mean the same row in the same
/// state. Conditional writes compare revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub Uuid);

/// The id of one call that writes, equal in all of its attempts. It becomes the row's new [`Revision`] and the id of
/// the audit event, in one atomic step. After a lost connection, the change was applied if an event with this id
/// exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(pub Uuid);

/// The period of a user's sessions. It changes whenever the user's sessions end, and no value returns. A host stores
/// the epoch in each session or token, and rejects a session whose epoch is not the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionEpoch(pub Uuid);

impl GroupId {
    /// Returns authentik's `num_pk`: the first five decimal digits of the UUID as a 128-bit integer.
    ///
    /// ```
    /// use userbook::GroupId;
    /// assert_eq!(GroupId(uuid::Uuid::nil()).num_pk(), 0);
    /// assert_eq!(GroupId(uuid::Uuid::max()).num_pk(), 34028);
    /// ```
    pub fn num_pk(self) -> u32 {
        let mut number = self.0.as_u128();
        // In several steps, because dividing 128 bits is slow.
        for stride in [10_u128.pow(16), 10_u128.pow(8), 10_u128.pow(4), 10] {
            while number >= 10_000 * stride {
                number /= stride;
            }
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

impl From<ChangeId> for Revision {
    fn from(change: ChangeId) -> Self {
        Self(change.0)
    }
}

impl From<ChangeId> for SessionEpoch {
    fn from(change: ChangeId) -> Self {
        Self(change.0)
    }
}

macro_rules! display_inner {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}
display_inner!(UserId, GroupId, Revision, ChangeId, SessionEpoch);
