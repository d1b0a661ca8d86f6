//! Answers that refuse, and how they are written.

mod convert;
mod kind;
mod plain;
mod problem;

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header::RETRY_AFTER};
use userbook::{Field, Violations};

pub(crate) use kind::Kind;

use crate::{
    negotiate::{ErrorFormat, JSON, PROBLEM},
    respond,
};

/// An answer that refuses.
#[derive(Debug)]
pub(crate) struct ApiError {
    kind: Kind,
    detail: Cow<'static, str>,
    particulars: ErrorDetails,
    failure: Option<Failure>,
}

/// What a refusal says beyond its detail.
#[derive(Debug, PartialEq)]
enum ErrorDetails {
    Nothing,
    /// Fields that the caller may not change, and why.
    Fields(Vec<(Field, Cow<'static, str>)>),
    /// Everything that is wrong with the request.
    Violations(Violations),
    /// The same, of what are no fields of a user.
    Inputs(Vec<InputFault>),
}

/// What is wrong with one input of a request that is no field of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputFault {
    pub(crate) place: Place,
    pub(crate) name: &'static str,
    /// The stable name of what is wrong.
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
}

/// Where an input was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the query string.
    Query,
    /// In the body, a JSON object.
    Body,
}

/// What lies behind an answer of 500 or 503. It is kept in the response's extensions for the host to log, and
/// never told to a client.
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
    /// The error, with its sources.
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for Failure {
    /// The error and its sources, on one line.
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

impl ApiError {
    pub(crate) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), particulars: ErrorDetails::Nothing, failure: None }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "Not found.")
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        Self::new(Kind::MethodNotAllowed, format!("Method \"{method}\" not allowed."))
    }

    /// Everything that is wrong with what was sent beside the fields of a user.
    pub(crate) fn inputs(faults: Vec<InputFault>) -> Self {
        let detail = "Values of the request break rules; `errors` lists all of them.";
        Self { particulars: ErrorDetails::Inputs(faults), ..Self::new(Kind::Invalid, detail) }
    }

    fn fields(kind: Kind, detail: String, fields: Vec<(Field, Cow<'static, str>)>) -> Self {
        Self { particulars: ErrorDetails::Fields(fields), ..Self::new(kind, detail) }
    }

    /// Something broke behind the API; the client learns no more than that.
    pub(crate) fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure: Some(Failure(error.into().into())),
            ..Self::new(Kind::Internal, "Internal server error.")
        }
    }

    /// Something behind the API is not there now, and trying again may help.
    pub(crate) fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure: Some(Failure(error.into().into())),
            ..Self::new(Kind::Unavailable, "Service unavailable.")
        }
    }

    /// The finished answer.
    pub(crate) fn into_response(self, format: ErrorFormat) -> Response<Bytes> {
        let (media_type, body) = match format {
            ErrorFormat::Recorded => (JSON, plain::render(&self)),
            ErrorFormat::Problem => (PROBLEM, problem::render(&self)),
        };
        let mut response = match body {
            Ok(body) => respond::with_body(self.kind.status(), media_type, body),
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
