//! Errors in the format of RFC 7644 §3.12.

use std::{borrow::Cow, error::Error};

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::{Map, Value, json};
use userbook::update::PatchFailure;
use userbook_http::Failure;

use crate::respond;

/// The schema of errors.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The detail error keywords of RFC 7644 §3.12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScimType {
    InvalidFilter,
    TooMany,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
}

/// An error as shown to the client.
#[derive(Debug, Clone)]
pub(crate) struct ScimError {
    pub(crate) status: StatusCode,
    pub(crate) scim_type: Option<ScimType>,
    pub(crate) detail: Cow<'static, str>,
    failure: Option<Failure>,
}

/// The code of a [`PatchFailure`] that exceeds a limit.
const TOO_LARGE: &str = "tooLarge";

impl ScimType {
    pub(crate) const ALL: [Self; 8] = [
        Self::InvalidFilter,
        Self::TooMany,
        Self::Uniqueness,
        Self::Mutability,
        Self::InvalidSyntax,
        Self::InvalidPath,
        Self::NoTarget,
        Self::InvalidValue,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
        }
    }
}

impl ScimError {
    pub(crate) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), failure: None }
    }

    /// 400 with a keyword.
    pub(crate) fn bad_request(scim_type: ScimType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    pub(crate) fn invalid_value(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request(ScimType::InvalidValue, detail)
    }

    /// Replaces the keyword.
    pub(crate) fn with_type(self, scim_type: ScimType) -> Self {
        Self { scim_type: Some(scim_type), ..self }
    }

    /// 409: another resource has the value.
    pub(crate) fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { scim_type: Some(ScimType::Uniqueness), ..Self::new(StatusCode::CONFLICT, detail) }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Resource not found")
    }

    /// 413: the request exceeds a limit, which the detail names.
    pub(crate) fn too_large(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 412: the resource is not in the required state.
    pub(crate) fn another_version() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "The resource has another version")
    }

    /// 503 for an operation that was not begun in time.
    pub(crate) fn late(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    pub(crate) fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 503: a retry may succeed.
    pub(crate) fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let this = Self::new(StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment");
        Self { failure: Some(Failure::new(error)), ..this }
    }

    /// 500.
    pub(crate) fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let this = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error");
        Self { failure: Some(Failure::new(error)), ..this }
    }

    /// Removes the cause of a 500 or 503.
    pub(crate) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".to_owned(), json!([SCHEMA]));
        body.insert("status".to_owned(), self.status.as_str().into());
        body.insert("detail".to_owned(), self.detail.as_ref().into());
        if let Some(scim_type) = self.scim_type {
            body.insert("scimType".to_owned(), scim_type.as_str().into());
        }
        Value::Object(body)
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = respond::json(self.status, &self.to_json());
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        response
    }
}

/// For errors that depend on the stored user; [`ScimError::from`] reverses the conversion.
impl From<ScimError> for PatchFailure {
    fn from(error: ScimError) -> Self {
        let code = error.scim_type.map_or(TOO_LARGE, ScimType::as_str);
        Self::Custom { code, message: error.detail }
    }
}

impl From<PatchFailure> for ScimError {
    fn from(failure: PatchFailure) -> Self {
        let code = failure.code();
        match (ScimType::ALL.into_iter().find(|it| it.as_str() == code), failure) {
            (Some(ScimType::Uniqueness), PatchFailure::Custom { message, .. }) => Self::conflict(message),
            (Some(scim_type), PatchFailure::Custom { message, .. }) => Self::bad_request(scim_type, message),
            (None, failure) if code == TOO_LARGE => Self::too_large(failure.to_string()),
            (_, failure) => Self::invalid_value(failure.to_string()),
        }
    }
}
