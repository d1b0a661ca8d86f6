//! Errors of the storage.

use std::{error::Error, fmt};

/// The meaning of an error for the caller.
///
/// Exhaustive: the kind decides whether a caller repeats the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// Nothing was written, and a retry may succeed: no connection, overload, exhausted pool.
    Transient,
    /// It is unknown whether the commit was applied.
    Ambiguous,
    /// A stored row cannot be decoded.
    Corrupt,
    /// Any other error: read-only database, full disk, missing table.
    Other,
}

/// The storage failed. Conflicts are not errors: see [`CommitOutcome`](super::CommitOutcome).
#[derive(Debug, thiserror::Error)]
#[error("{kind} store failure")]
pub struct StoreError {
    /// The kind of the error.
    pub kind: StoreErrorKind,
    /// The cause.
    #[source]
    pub source: Box<dyn Error + Send + Sync + 'static>,
    is_final: bool,
}

impl StoreError {
    /// Creates an error of this kind.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { kind, source: source.into(), is_final: false }
    }

    /// Says that another attempt of the same call is useless whatever the kind is: a transaction in which a statement
    /// failed is over.
    #[must_use]
    pub fn without_retry(self) -> Self {
        Self { is_final: true, ..self }
    }

    /// Returns whether another attempt of the same call may succeed: nothing was written, or the attempt can find out.
    pub fn is_retryable(&self) -> bool {
        !self.is_final && matches!(self.kind, StoreErrorKind::Transient | StoreErrorKind::Ambiguous)
    }

    /// Creates the error for a stored row that cannot be decoded.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self::new(StoreErrorKind::Corrupt, source)
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "transient",
            Self::Ambiguous => "ambiguous",
            Self::Corrupt => "corrupt",
            Self::Other => "permanent",
        })
    }
}
