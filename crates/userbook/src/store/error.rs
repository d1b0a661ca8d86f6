//! Failures of the storage.

use std::{error::Error, fmt};

/// The meaning of a failure for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// Nothing was written, and trying again may help: no connection, busy, out of connections.
    Transient,
    /// It is unknown whether the commit was applied.
    Ambiguous,
    /// A stored row cannot be decoded.
    Corrupt,
    /// Anything else: read-only database, full disk, a missing table.
    Other,
}

/// The storage failed. Conflicts are no failure: see [`CommitOutcome`](super::CommitOutcome).
#[derive(Debug, thiserror::Error)]
#[error("{kind} store failure")]
pub struct StoreError {
    /// The meaning of the failure.
    pub kind: StoreErrorKind,
    /// The cause.
    #[source]
    pub source: Box<dyn Error + Send + Sync + 'static>,
}

impl StoreError {
    /// A failure of this kind.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { kind, source: source.into() }
    }

    /// A stored row that could not be decoded.
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
