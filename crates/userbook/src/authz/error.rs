//! When the authorizer itself fails.

use std::{error::Error, fmt};

use crate::store::{StoreError, StoreErrorKind};

/// What a failure means for the caller. Whatever it is, the request is refused and nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthorizerErrorKind {
    /// Trying again may help: no answer in time, no connection, busy.
    Transient,
    /// Anything else: a policy that cannot be evaluated, a stored permission that cannot be read.
    Other,
}

/// No verdict could be had.
#[derive(Debug, thiserror::Error)]
#[error("{kind} authorizer failure")]
pub struct AuthorizerError {
    /// What it means.
    pub kind: AuthorizerErrorKind,
    /// Where it came from.
    #[source]
    pub source: Box<dyn Error + Send + Sync + 'static>,
}

impl AuthorizerError {
    /// A failure that trying again does not mend.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { kind: AuthorizerErrorKind::Other, source: source.into() }
    }

    /// A failure that may be over in a moment.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { kind: AuthorizerErrorKind::Transient, source: source.into() }
    }
}

/// For an authorizer that asks a database: only what the store calls transient is.
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
