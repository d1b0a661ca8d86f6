//! What a failed statement means.

use std::{fmt, marker::PhantomData};

use sqlx::Error;
use userbook::store::{StoreError, StoreErrorKind};

use crate::{decode::DecodeError, encode::EncodeError};

/// What a failure of the database means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// A name, a UUID or a group that the decision depends on has changed. Only the statement is undone.
    Conflict,
    /// A foreign key of the host's own tables forbids the change. Only the statement is undone.
    Referenced,
    /// Another transaction came first.
    Contended,
    /// The storage failed.
    Failure(StoreErrorKind),
}

/// What the errors of a database mean.
pub trait Classify {
    /// A failure before the commit.
    fn classify(error: &Error) -> ErrorClass;

    /// A failure of the statement that commits.
    fn classify_commit(error: &Error) -> ErrorClass;

    /// Whether the inserted row of a user has the id of another row.
    fn is_user_id_taken(error: &Error) -> bool;
}

/// The result of an operation on the database `B`.
pub(crate) type SqlResult<B, T> = Result<T, SqlError<B>>;

/// A failed operation on the database `B`.
pub struct SqlError<B> {
    pub(crate) class: ErrorClass,
    error: StoreError,
    backend: PhantomData<fn() -> B>,
}

impl<B: Classify> SqlError<B> {
    fn new(class: ErrorClass, error: Error) -> Self {
        let kind = match class {
            ErrorClass::Conflict | ErrorClass::Referenced => StoreErrorKind::Other,
            ErrorClass::Contended => StoreErrorKind::Transient,
            ErrorClass::Failure(kind) => kind,
        };
        Self { class, error: StoreError::new(kind, error), backend: PhantomData }
    }

    /// A failure of the statement that commits.
    pub(crate) fn at_commit(error: Error) -> Self {
        Self::new(B::classify_commit(&error), error)
    }
}

impl<B> SqlError<B> {
    /// Blames a broken foreign key on the host's tables.
    pub(crate) fn into_referenced(self) -> Self {
        let class = if self.class == ErrorClass::Conflict { ErrorClass::Referenced } else { self.class };
        Self { class, ..self }
    }
}

impl<B> fmt::Debug for SqlError<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlError").field("class", &self.class).field("error", &self.error).finish()
    }
}

impl<B: Classify> From<Error> for SqlError<B> {
    fn from(error: Error) -> Self {
        Self::new(B::classify(&error), error)
    }
}

impl<B> From<StoreError> for SqlError<B> {
    fn from(error: StoreError) -> Self {
        Self { class: ErrorClass::Failure(error.kind), error, backend: PhantomData }
    }
}

impl<B> From<DecodeError> for SqlError<B> {
    fn from(error: DecodeError) -> Self {
        StoreError::from(error).into()
    }
}

impl<B: Classify> From<EncodeError> for SqlError<B> {
    fn from(error: EncodeError) -> Self {
        Error::from(error).into()
    }
}

/// For operations without conflicts: nothing was written.
impl<B> From<SqlError<B>> for StoreError {
    fn from(error: SqlError<B>) -> Self {
        error.error
    }
}
