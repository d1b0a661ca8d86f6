//! The interface for limits of the host: why a body ends early, and the response to requests above the host's
//! capacity. The host enforces the limits; this module renders the responses in the common format.

use bytes::Bytes;
use http::{Request, Response};

use crate::{
    ExtensionSet,
    error::{ApiError, Kind},
    negotiate::negotiate_headers,
    respond,
};

/// The reasons why the host ends a body early. Every other body error belongs to the client's connection (400).
///
/// Exhaustive: each reason has its own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body did not arrive within the host's time limit: 408.
    #[error("the body did not arrive in time")]
    TimedOut,
    /// The host has no memory for the body: 503.
    #[error("no memory available for the body")]
    Overloaded,
}

/// The number of denials (403, 404) within a response that has another status, such as the response to a bulk request.
/// An [`Endpoint`](crate::Endpoint) adds it to the extensions of the response, so that the host can hide how long the
/// denials took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denials(pub u32);

impl BodyError {
    /// Finds a body error in the chain of sources.
    pub(crate) fn find_in(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut error = Some(error);
        while let Some(this) = error {
            if let Some(fault) = this.downcast_ref::<Self>() {
                return Some(*fault);
            }
            error = this.source();
        }
        None
    }
}

impl From<BodyError> for ApiError {
    fn from(fault: BodyError) -> Self {
        match fault {
            BodyError::TimedOut => Self::new(Kind::BodyTimeout, "The body did not arrive in time."),
            BodyError::Overloaded => overloaded(),
        }
    }
}

fn overloaded() -> ApiError {
    ApiError::new(Kind::Unavailable, "Too many requests are under way. Try again in a moment.")
}

/// The response to a request above the host's capacity: 503 with `Retry-After`. Nothing was written.
///
/// ```
/// use http::{Request, StatusCode};
/// use userbook_http::ExtensionSet;
///
/// let request = Request::get("/api/v3/core/users/7/").body(())?;
/// let answer = userbook_http::busy(&request, ExtensionSet::all());
/// assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
/// assert_eq!(answer.headers()["retry-after"], "1");
/// # Ok::<_, http::Error>(())
/// ```
pub fn busy<B>(request: &Request<B>, extensions: ExtensionSet) -> Response<Bytes> {
    respond_with(overloaded(), request, extensions)
}

/// The response to a path below the API that no operation has: 404 with the code `unknown_operation`. A missing user or
/// group is a 404 without that code.
pub fn unknown_operation<B>(request: &Request<B>, extensions: ExtensionSet) -> Response<Bytes> {
    respond_with(ApiError::new(Kind::UnknownOperation, "Not found."), request, extensions)
}

/// The response to a request with no `Host` header, or several: 400 (RFC 9112 §3.2).
pub fn invalid_host<B>(request: &Request<B>, extensions: ExtensionSet) -> Response<Bytes> {
    let detail = "A request has exactly one Host header.";
    respond_with(ApiError::new(Kind::InvalidHost, detail), request, extensions)
}

fn respond_with<B>(error: ApiError, request: &Request<B>, extensions: ExtensionSet) -> Response<Bytes> {
    let (format, _) = negotiate_headers(request.headers(), extensions);
    let mut response = error.into_response(format);
    respond::finish(
        request.method(),
        extensions,
        respond::Methods::of_user(respond::USER_METHODS),
        &mut response,
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overload_is_reported_in_the_negotiated_format() {
        for (accept, media_type) in
            [("*/*", "application/json"), ("application/problem+json", "application/problem+json")]
        {
            let request = Request::get("/").header("accept", accept).body(()).unwrap();
            let answer = busy(&request, ExtensionSet::all());
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-type"]),
                (503, &media_type.parse().unwrap())
            );
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(body["code"], "unavailable");
            assert!(body["detail"].is_string());
        }
    }

    #[test]
    fn a_body_error_is_found_among_sources() {
        #[derive(Debug, thiserror::Error)]
        #[error("wrapped")]
        struct Wrapped(#[source] BodyError);
        assert_eq!(BodyError::find_in(&Wrapped(BodyError::TimedOut)), Some(BodyError::TimedOut));
        assert_eq!(BodyError::find_in(&std::io::Error::other("x")), None);
    }
}
