//! Errors of the memory store.

use userbook::{
    GroupId, UserId,
    model::ChangeId,
    store::{StoreError, StoreErrorKind},
};

/// The source of every [`StoreError`] of this store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// A panic occurred during a write, so the data may contain half a change.
    #[error("a panic occurred during a write")]
    Poisoned,
    /// Change ids must not repeat.
    #[error("change {0} already has an event")]
    DuplicateEvent(ChangeId),
    /// Two users have one id.
    #[error("user id {0} already exists")]
    DuplicateUser(UserId),
    /// Two users have one UUID.
    #[error("user {0} has the UUID of another user")]
    DuplicateUuid(UserId),
    /// Two users have one username.
    #[error("user {0} has the username of another user")]
    DuplicateUsername(UserId),
    /// Two users have one identifier in one external source.
    #[error("user {0} has an external id of another user")]
    DuplicateExternalId(UserId),
    /// Two groups have one identifier in one external source.
    #[error("group {0} has an external id of another group")]
    DuplicateExternalIdOfGroup(GroupId),
    /// Two groups have one id.
    #[error("group id {0} already exists")]
    DuplicateGroup(GroupId),
    /// A row names a missing group.
    #[error("group id {0} does not exist")]
    UnknownGroup(GroupId),
}

impl From<MemoryError> for StoreError {
    fn from(error: MemoryError) -> Self {
        Self::new(StoreErrorKind::Other, error)
    }
}
