//! Errors as answers.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use userbook::{AccessError, UpdateError, store::StoreError, violation::Violations};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("not signed in")]
    NotSignedIn,
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
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
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(failure = %self, "request failed");
        }
        status.into_response()
    }
}
