//! Identifiers, each a type of its own so that they cannot be mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A user's integer primary key, authentik's `pk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

/// Names a user by either of its two keys.
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

/// So that a call that also takes "no such user" can be given an id.
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

/// The state a user's row is in. Every applied change gives the row a new one; two rows with the same revision
/// are the same row in the same state. It is what a conditional write compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub Uuid);

/// One call that changes something. Minted once a call and the same in each of its attempts, it becomes the
/// row's new [`Revision`] and the id of the audit event, all written in one atomic step. After a lost
/// connection the question "did it land?" is therefore "is there an event with this id?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(pub Uuid);

impl GroupId {
    /// authentik's `num_pk`: the first five decimal digits of the UUID taken as a 128-bit integer.
    ///
    /// ```
    /// use userbook::GroupId;
    /// assert_eq!(GroupId(uuid::Uuid::nil()).num_pk(), 0);
    /// assert_eq!(GroupId(uuid::Uuid::max()).num_pk(), 34028);
    /// ```
    pub fn num_pk(self) -> u32 {
        let mut number = self.0.as_u128();
        // In strides first: dividing 128 bits is slow.
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

macro_rules! display_inner {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}
display_inner!(UserId, GroupId, Revision, ChangeId);
