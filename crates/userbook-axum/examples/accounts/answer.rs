//! Errors as answers.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use userbook::{AccessError, UpdateError, store::StoreError, violation::Violations};
use userbook_http::AuthenticationError;
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

/// The messages by field; those of the request as a whole have the key `non_field_errors`. The codes are stable: use them
/// for translations.
fn by_field(violations: &Violations) -> Value {
    let mut fields = Map::new();
    for violation in violations {
        let field = violation.field.map_or("non_field_errors", |field| field.as_str());
        let error = json!({"code": violation.kind.code(), "message": violation.kind.to_string()});
        if let Value::Array(errors) = fields.entry(field).or_insert_with(|| json!([])) {
            errors.push(error);
        }
    }
    Value::Object(fields)
}

/// Statements of your own fail as those of the store do.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(failure(error))
    }
}

impl From<Failure> for AuthenticationError {
    fn from(failure: Failure) -> Self {
        let is_transient = failure.is_transient();
        let failure = failure.into();
        if is_transient { Self::Unavailable(failure) } else { Self::Failed(failure) }
    }
}

impl Failure {
    /// Whether another attempt may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Update(error) => error.code() == "unavailable",
            Self::Store(error) => error.code() == "unavailable",
            _ => false,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Update(UpdateError::Invalid(violations)) => {
                return (StatusCode::BAD_REQUEST, Json(by_field(violations))).into_response();
            }
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::Update(UpdateError::Access(AccessError::NotFound)) => StatusCode::NOT_FOUND,
            Self::Update(UpdateError::Access(AccessError::Forbidden(_))) => StatusCode::FORBIDDEN,
            Self::Update(UpdateError::Condition) => StatusCode::PRECONDITION_FAILED,
            Self::Update(UpdateError::Contended { .. }) => StatusCode::CONFLICT,
            transient if transient.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(failure = %self, "request failed");
        }
        status.into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
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
        ] {
            assert_eq!(failure.into_response().status(), status);
        }
    }
}
