//! What can go wrong in memory.

use userbook::{
    GroupId, UserId,
    model::ChangeId,
    store::{StoreError, StoreErrorKind},
};

/// The source of every [`StoreError`] of this store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// A panic struck while the store was being written: what it holds may be half a change.
    #[error("a panic struck while the store was being written")]
    Poisoned,
    /// Ids of changes are minted once.
    #[error("there is an event of change {0} already")]
    DuplicateEvent(ChangeId),
    /// Two users of one id.
    #[error("there is a user with id {0} already")]
    DuplicateUser(UserId),
    /// Two users of one UUID.
    #[error("user {0} has the UUID of another user")]
    DuplicateUuid(UserId),
    /// Two users of one name.
    #[error("user {0} has the user name of another user")]
    DuplicateUsername(UserId),
    /// Two groups of one id.
    #[error("there is a group with id {0} already")]
    DuplicateGroup(GroupId),
    /// Two groups of one name.
    #[error("group {0} has the name of another group")]
    DuplicateGroupName(GroupId),
    /// A row that names a group which is not there.
    #[error("there is no group with id {0}")]
    UnknownGroup(GroupId),
}

impl From<MemoryError> for StoreError {
    fn from(error: MemoryError) -> Self {
        Self::new(StoreErrorKind::Other, error)
    }
}
