//! How a service operation may fail.

use super::{operation::OperationError, retry::Exhausted};
use crate::{
    authz::AuthorizerError,
    decision::{Denial, Rejection},
    store::StoreError,
    update::PatchFailure,
    violation::{Field, GroupField, Violations},
};

/// Why a user or group is not shown.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The user or group does not exist, or the actor may not learn that it does.
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

/// Why a list is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The actor may see nothing, or a port failed.
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
    /// The page is larger than any answer may be.
    #[error("page exceeds {limit} bytes")]
    PageTooLarge {
        /// The limit in bytes, [`Limits::page_bytes`](crate::Limits::page_bytes).
        limit: u64,
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

/// Why an update, or a provisioning operation, was not applied. Nothing of it was written then, except as
/// [`StoreErrorKind::Ambiguous`](crate::store::StoreErrorKind) says.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The user is not the actor's to see or to change.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The stored user is not in the state that the request demands (412).
    #[error("the user is not in the demanded state")]
    Condition,
    /// The JSON Patch does not fit what is stored (409 for a failed test).
    #[error(transparent)]
    Patch(PatchFailure),
    /// The values break rules; everything that is wrong, at once.
    #[error("invalid: {0}")]
    Invalid(Violations),
    /// Every attempt met a concurrent change.
    #[error("contended: gave up after {attempts} attempts")]
    Contended {
        /// The number of attempts.
        attempts: u32,
    },
}

/// Why a group was not written or deleted. Nothing of it was written then, except as
/// [`StoreErrorKind::Ambiguous`](crate::store::StoreErrorKind) says.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The group is not there, or not the actor's to write.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The values break rules; everything that is wrong, at once.
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

/// A store's own violations.
impl From<Violations> for UpdateError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

/// A store's own violations, under the group field of the same name.
impl From<Violations> for GroupError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations.map_fields(|field| match field {
            Field::Name => Some(GroupField::Name),
            Field::Attributes => Some(GroupField::Attributes),
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
