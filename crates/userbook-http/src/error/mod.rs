//! Error responses in both error formats: denied, invalid, rejected, conflict, or failed.

mod convert;
mod kind;
mod plain;
mod problem;

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header::RETRY_AFTER};
use userbook::{
    Field, JsonObject, Violations,
    authz::{AuthorizerError, AuthorizerErrorKind},
    store::{StoreError, StoreErrorKind},
};

pub(crate) use kind::Kind;

use crate::{
    media::{JSON, PROBLEM},
    respond,
};

/// The detail of invalid requests in problem details.
const INVALID: &str = "Values of the request break rules; `errors` lists all of them.";

/// The query parameter that makes a page smaller.
pub(crate) const PAGE_SIZE: &str = "page_size";

/// The format of the body of an error.
///
/// Exhaustive: a host that builds error bodies supports both formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// authentik's format, messages by field: `{"email": ["This field must be unique."]}`.
    Recorded,
    /// Problem details (RFC 9457): `status`, `code` and `detail`, and with invalid values `errors`, each with a
    /// `pointer` to the field and the stable `code`.
    Problem,
}

/// An error of the library as the API shows it, for routes of the host that call the service.
///
/// ```
/// use http::StatusCode;
/// use userbook::{AccessError, UpdateError};
/// use userbook_http::{ApiError, ErrorFormat};
///
/// let error = UpdateError::from(AccessError::NotFound);
/// let response = ApiError::from(error).into_response(ErrorFormat::Problem);
/// assert_eq!(response.status(), StatusCode::NOT_FOUND);
/// let body: serde_json::Value = serde_json::from_slice(response.body())?;
/// assert_eq!(body["code"], "not_found");
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct ApiError {
    kind: Kind,
    detail: Cow<'static, str>,
    details: ErrorDetails,
    failure: Option<Failure>,
    /// Makes the status 401; the API adds its challenge.
    is_unauthorized: bool,
}

/// Content of an error beyond its detail.
#[derive(Debug, PartialEq)]
enum ErrorDetails {
    Nothing,
    /// As recorded, one text for the request as a whole, not a list.
    General,
    /// Parameters of a denial.
    Params(JsonObject),
    /// Fields that the caller may not change, with reasons.
    Fields(Vec<(Field, Cow<'static, str>)>),
    /// All violations of the request, with the names of fields.
    Violations(Violations<&'static str>),
    /// All invalid inputs that are not fields of a user.
    Inputs(Vec<InputError>),
    /// An invalid filter, which the recorded release reports without a name.
    Filter(InputError),
}

/// An invalid input of a request that is not a field of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputError {
    pub(crate) location: InputLocation,
    pub(crate) name: &'static str,
    /// The stable code.
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
}

/// The location of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputLocation {
    /// In the query string.
    Query,
    /// In the body, a JSON object.
    Body,
}

/// The cause of a 500 or 503, or of work that was left behind a successful response. The response's extensions contain
/// it for the host's log; clients never receive it.
///
/// ```
/// # let response: http::Response<bytes::Bytes> = http::Response::default();
/// if let Some(failure) = response.extensions().get::<userbook_http::Failure>() {
///     eprintln!("{failure}");
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Failure(Arc<dyn Error + Send + Sync>);

impl Failure {
    /// Wraps the cause, for an [`Endpoint`](crate::Endpoint) of the host.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into().into())
    }

    /// Returns the error with its sources.
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for Failure {
    /// Writes the error and its sources on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// A failure of a port of the host: a store, an authorizer or an authentication. It decides the status of the response.
///
/// Exhaustive: each reason has its own answer.
#[derive(Debug)]
pub enum PortFailure {
    /// 503: a retry may succeed.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// 500: a blind retry could apply the change twice or fail again.
    Internal(Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for PortFailure {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Transient => Self::Unavailable(error.into()),
            StoreErrorKind::Ambiguous | StoreErrorKind::Corrupt | StoreErrorKind::Other => {
                Self::Internal(error.into())
            }
        }
    }
}

impl From<AuthorizerError> for PortFailure {
    fn from(error: AuthorizerError) -> Self {
        match error.kind {
            AuthorizerErrorKind::Transient => Self::Unavailable(error.into()),
            AuthorizerErrorKind::Other => Self::Internal(error.into()),
        }
    }
}

impl ApiError {
    pub(crate) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            details: ErrorDetails::Nothing,
            failure: None,
            is_unauthorized: false,
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "Not found.")
    }

    /// An anonymous caller, where the recorded release requires authentication first.
    pub(crate) fn not_authenticated() -> Self {
        Self::new(Kind::NotAuthenticated, "Authentication credentials were not provided.")
    }

    pub(crate) fn condition_failed() -> Self {
        Self::new(Kind::ConditionFailed, "The user is not in the required state.")
    }

    pub(crate) fn group_condition_failed() -> Self {
        Self::new(Kind::ConditionFailed, "The group is not in the required state.")
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        Self::new(Kind::MethodNotAllowed, format!("Method \"{method}\" not allowed."))
    }

    /// The host does not provide the operation, or not for this user; the caller may use the operation.
    pub(crate) fn not_available(detail: &'static str) -> Self {
        Self { details: ErrorDetails::General, ..Self::new(Kind::NotAvailable, detail) }
    }

    /// Invalid inputs that are not fields of a user.
    pub(crate) fn inputs(errors: Vec<InputError>) -> Self {
        let detail = INVALID;
        Self { details: ErrorDetails::Inputs(errors), ..Self::new(Kind::Invalid, detail) }
    }

    /// A member of the body that is not a text.
    pub(crate) fn not_a_text(name: &'static str) -> Self {
        let (location, message) = (InputLocation::Body, "Not a valid string.".into());
        Self::inputs(vec![InputError { location, name, code: "invalid", message }])
    }

    /// An invalid filter, which the recorded release reports without a name.
    pub(crate) fn filter(error: InputError) -> Self {
        Self { details: ErrorDetails::Filter(error), ..Self::new(Kind::Invalid, INVALID) }
    }

    /// The response exceeds `limit` bytes; `parameter` makes it smaller, if there is one.
    pub(crate) fn answer_too_large(limit: u64, parameter: impl Into<Option<&'static str>>) -> Self {
        let Some(parameter) = parameter.into() else {
            let detail = format!("The answer exceeds {limit} bytes.");
            return Self { details: ErrorDetails::General, ..Self::new(Kind::Invalid, detail) };
        };
        let message = format!("The answer exceeds {limit} bytes. Reduce the response with this parameter.");
        let (location, code) = (InputLocation::Query, "answer_too_large");
        Self::inputs(vec![InputError { location, name: parameter, code, message: message.into() }])
    }

    /// Renames a field in violations.
    pub(crate) fn with_field_renamed(mut self, from: &'static str, to: &'static str) -> Self {
        if let ErrorDetails::Violations(violations) = self.details {
            let renamed = violations.map_fields(|field| Some(if field == from { to } else { field }));
            self.details = ErrorDetails::Violations(renamed);
        }
        self
    }

    fn with_params(self, params: JsonObject) -> Self {
        Self { details: ErrorDetails::Params(params), ..self }
    }

    fn fields(kind: Kind, detail: String, fields: Vec<(Field, Cow<'static, str>)>) -> Self {
        Self { details: ErrorDetails::Fields(fields), ..Self::new(kind, detail) }
    }

    /// A failure of a port; the client learns no details.
    pub(crate) fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { failure: Some(Failure::new(error)), ..Self::new(Kind::Internal, "Internal server error.") }
    }

    /// A transient failure of a port; a retry may succeed.
    pub(crate) fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { failure: Some(Failure::new(error)), ..Self::new(Kind::Unavailable, "Service unavailable.") }
    }

    /// Answers 401 instead of 403 if the caller has no valid credentials.
    pub(crate) fn unauthorized(self, is_anonymous: bool) -> Self {
        let lacks_credentials = is_anonymous || self.kind == Kind::AuthenticationFailed;
        let applies = lacks_credentials && self.kind.status() == StatusCode::FORBIDDEN;
        Self { is_unauthorized: applies, ..self }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        if self.is_unauthorized { StatusCode::UNAUTHORIZED } else { self.kind.status() }
    }

    /// Returns the complete response, without a challenge. Its extensions contain the [`Failure`] of a 500 or 503.
    pub fn into_response(self, format: ErrorFormat) -> Response<Bytes> {
        let (media_type, body) = match format {
            ErrorFormat::Recorded => (JSON, plain::render(&self)),
            ErrorFormat::Problem => (PROBLEM, problem::render(&self)),
        };
        let mut response = match body {
            Ok(body) => respond::with_body(self.status(), media_type, body),
            Err(_) => respond::with_body(Kind::Internal.status(), JSON, "{}"),
        };
        if self.kind == Kind::Unavailable {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        response
    }
}
