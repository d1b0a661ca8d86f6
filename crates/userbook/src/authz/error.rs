//! Failures of the authorizer.

use std::{error::Error, fmt};

use crate::store::{StoreError, StoreErrorKind};

/// The meaning of a failure for the caller. Every failure denies the request, and nothing is written.
///
/// Exhaustive: the kind decides whether a caller repeats the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthorizerErrorKind {
    /// A retry may succeed: timeout, lost connection, overload.
    Transient,
    /// Any other failure: a policy that cannot be evaluated, a stored permission that cannot be read.
    Other,
}

/// The authorizer returned no verdict.
#[derive(Debug, thiserror::Error)]
#[error("{kind} authorizer failure")]
pub struct AuthorizerError {
    /// The kind of the failure.
    pub kind: AuthorizerErrorKind,
    /// The cause.
    #[source]
    pub source: Box<dyn Error + Send + Sync + 'static>,
}

impl AuthorizerError {
    /// Creates a failure that retries do not resolve.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { kind: AuthorizerErrorKind::Other, source: source.into() }
    }

    /// Creates a failure that a retry may resolve.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { kind: AuthorizerErrorKind::Transient, source: source.into() }
    }
}

/// Only transient errors of the store are transient for the authorizer.
impl From<StoreError> for AuthorizerError {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Transient => Self::transient(error),
            _ => Self::new(error),
        }
    }
}

impl fmt::Display for AuthorizerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "transient",
            Self::Other => "permanent",
        })
    }
}
