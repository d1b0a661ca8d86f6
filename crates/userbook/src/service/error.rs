//! Errors of service operations.

use std::time::Duration;

use super::{operation::OperationError, retry::Exhausted};
use crate::{
    authz::AuthorizerError,
    decision::{Denial, Rejection},
    store::StoreError,
    update::PatchFailure,
    violation::{Field, GroupField, Violations},
};

/// A reason why a user or group is not shown.
///
/// Exhaustive: each reason has its own answer. New rules are [`Denial`]s.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The user or group does not exist, or the actor must not learn that it exists.
    #[error("no such user or group")]
    NotFound,
    /// The actor is denied.
    #[error("not allowed: {0}")]
    Forbidden(Denial),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The authorizer failed, so the request is denied.
    #[error(transparent)]
    Authorizer(#[from] AuthorizerError),
}

/// A reason why a list is not shown.
///
/// Exhaustive: each reason has its own answer. New rules are [`Denial`]s.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The actor may view nothing, or a port failed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The attribute filter has too many JSON values.
    #[error("attribute filter exceeds {limit} JSON values (got {count})")]
    FilterTooLarge {
        /// The limit, [`Limits::filter_nodes`](crate::Limits::filter_nodes).
        limit: usize,
        /// The number of values.
        count: usize,
    },
    /// The page exceeds the maximum size of a response.
    #[error("page exceeds {limit} bytes")]
    PageTooLarge {
        /// The limit in bytes, [`Limits::page_bytes`](crate::Limits::page_bytes).
        limit: u64,
    },
    /// The store did not find the page in time.
    #[error("page was not found within {limit:?}")]
    TooSlow {
        /// The limit, [`Limits::search_time`](crate::Limits::search_time).
        limit: Duration,
    },
}

impl From<StoreError> for ListError {
    fn from(error: StoreError) -> Self {
        Self::Access(error.into())
    }
}

impl From<AuthorizerError> for ListError {
    fn from(error: AuthorizerError) -> Self {
        Self::Access(error.into())
    }
}

/// A reason why an update or a provisioning operation was not applied. Nothing was written, except as
/// [`StoreErrorKind::Ambiguous`](crate::store::StoreErrorKind) states.
///
/// Exhaustive: each reason has its own answer. New rules are [`Denial`]s or
/// [`ViolationKind`](crate::violation::ViolationKind)s.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The actor may not view or change the user.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The stored user does not meet a precondition (412).
    #[error("the user is not in the required state")]
    Condition,
    /// The JSON Patch does not fit the stored user (409 for a failed test).
    #[error(transparent)]
    Patch(PatchFailure),
    /// The values violate rules; contains all violations.
    #[error("invalid: {0}")]
    Invalid(Violations),
    /// Every attempt met a concurrent change.
    #[error("contended: gave up after {attempts} attempts")]
    Contended {
        /// The number of attempts.
        attempts: u32,
    },
}

/// A reason why a group was not written or deleted. Nothing was written, except as
/// [`StoreErrorKind::Ambiguous`](crate::store::StoreErrorKind) states.
///
/// Exhaustive: each reason has its own answer. New rules are [`Denial`]s or
/// [`ViolationKind`](crate::violation::ViolationKind)s.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The group does not exist, or the actor may not write it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The stored group does not meet a precondition (412).
    #[error("the group is not in the required state")]
    Condition,
    /// The values violate rules; contains all violations.
    #[error("invalid: {0}")]
    Invalid(Violations<GroupField>),
    /// Every attempt met a concurrent change.
    #[error("contended: gave up after {attempts} attempts")]
    Contended {
        /// The number of attempts.
        attempts: u32,
    },
}

impl From<Denial> for AccessError {
    fn from(denial: Denial) -> Self {
        Self::Forbidden(denial)
    }
}

macro_rules! from_access {
    ($($error:ident),+) => {$(
        impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self {
                Self::Access(error.into())
            }
        }

        impl From<AuthorizerError> for $error {
            fn from(error: AuthorizerError) -> Self {
                Self::Access(error.into())
            }
        }

        impl From<Denial> for $error {
            fn from(denial: Denial) -> Self {
                Self::Access(denial.into())
            }
        }

        impl OperationError for $error {
            fn into_store_error(self) -> Result<StoreError, Self> {
                match self {
                    Self::Access(AccessError::Store(error)) => Ok(error),
                    error => Err(error),
                }
            }
        }

        impl From<Exhausted> for $error {
            fn from(exhausted: Exhausted) -> Self {
                match exhausted {
                    Exhausted::Contended { attempts } => Self::Contended { attempts },
                    Exhausted::Store(error) => error.into(),
                }
            }
        }
    )+};
}
from_access!(UpdateError, GroupError);

/// Violations reported by a store.
impl From<Violations> for UpdateError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

/// Violations reported by a store, under the group field of the same name.
impl From<Violations> for GroupError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations.map_fields(|field| match field {
            Field::Name => Some(GroupField::Name),
            Field::Attributes => Some(GroupField::Attributes),
            Field::ExternalIds => Some(GroupField::ExternalIds),
            _ => None,
        }))
    }
}

impl From<Rejection> for UpdateError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Hidden => Self::Access(AccessError::NotFound),
            Rejection::Forbidden(denial) => denial.into(),
            Rejection::Condition => Self::Condition,
            Rejection::Patch(failure) => Self::Patch(failure),
            Rejection::Invalid(violations) => Self::Invalid(violations),
        }
    }
}
