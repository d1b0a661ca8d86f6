//! Errors as answers: problem details (RFC 9457) with stable codes for translations, as Userbook's API can give them.

use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use userbook::{UpdateError, store::StoreError};
use userbook_http::{ApiError, AuthenticationError, ErrorFormat, PortFailure};
use userbook_sqlx::sqlite::failure;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("not signed in")]
    NotSignedIn,
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Session(#[from] tower_sessions::session::Error),
    #[error(transparent)]
    Password(#[from] tokio::task::JoinError),
    #[error("no randomness")]
    Random,
}

/// Statements of your own fail as those of the store do.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(failure(error))
    }
}

impl From<Failure> for AuthenticationError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            failure => Self::Failed(failure.into()),
        }
    }
}

impl IntoResponse for Failure {
    /// Answers 503 if another attempt may succeed. The log has the cause of each 500 and 503, the client has not.
    fn into_response(self) -> Response {
        let error = match self {
            Self::NotSignedIn => return StatusCode::UNAUTHORIZED.into_response(),
            Self::Update(error) => ApiError::from(error),
            Self::Store(error) => error.into(),
            failure => PortFailure::Internal(failure.into()).into(),
        };
        let response = error.into_response(ErrorFormat::Problem);
        if let Some(failure) = response.extensions().get::<userbook_http::Failure>() {
            tracing::error!(%failure, "request failed");
        }
        response.map(Body::from)
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::header::RETRY_AFTER, response::IntoResponse as _};
    use userbook::store::{StoreError, StoreErrorKind};

    use super::Failure;

    #[test]
    fn store_that_may_answer_later_is_503() {
        let failed = |kind| Failure::from(StoreError::new(kind, "the database failed"));
        for (failure, status) in [
            (failed(StoreErrorKind::Transient), 503),
            (failed(StoreErrorKind::Ambiguous), 500),
            (sqlx::Error::PoolTimedOut.into(), 503),
            (sqlx::Error::RowNotFound.into(), 500),
            (Failure::Random, 500),
        ] {
            let response = failure.into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 503);
        }
    }
}
