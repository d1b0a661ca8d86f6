//! What a host and the API tell each other about requests that get no ordinary answer: the limits are the host's,
//! the answers are written here, in the same shape as all others.

use bytes::Bytes;
use http::{Request, Response};
use userbook::Policy;

use crate::{
    error::{ApiError, Kind},
    negotiate::negotiate,
    respond,
};

/// Why a body that the host hands over breaks off. With any other error the client's connection is to blame (400).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It did not arrive in the time that the host allows: 408.
    #[error("the body did not arrive in time")]
    TimedOut,
    /// The host has no room for it now: 503.
    #[error("there is no room for the body")]
    Overloaded,
}

impl BodyError {
    /// The fault behind an error, however it is wrapped.
    pub(crate) fn behind(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
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
            BodyError::Overloaded => no_room(),
        }
    }
}

fn no_room() -> ApiError {
    ApiError::new(Kind::Unavailable, "Too many requests are under way. Try again in a moment.")
}

/// The answer to a request that the host turns away because it has too many of them: 503 with `Retry-After`.
/// Nothing was done then.
///
/// ```
/// use http::{Request, StatusCode};
/// use userbook::Policy;
///
/// let request = Request::get("/api/v3/core/users/7/").body(())?;
/// let answer = userbook_http::busy(&request, &Policy::hardened());
/// assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
/// assert_eq!(answer.headers()["retry-after"], "1");
/// # Ok::<_, http::Error>(())
/// ```
pub fn busy<B>(request: &Request<B>, policy: &Policy) -> Response<Bytes> {
    let (format, _) = negotiate(request.headers(), policy);
    let mut response = no_room().into_response(format);
    respond::finish(request.method(), policy, respond::USER_METHODS, &mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_turned_away_reads_it_in_the_format_asked_for() {
        for (accept, media_type) in
            [("*/*", "application/json"), ("application/problem+json", "application/problem+json")]
        {
            let request = Request::get("/").header("accept", accept).body(()).unwrap();
            let answer = busy(&request, &Policy::hardened());
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
    fn a_fault_is_found_behind_others() {
        #[derive(Debug, thiserror::Error)]
        #[error("wrapped")]
        struct Wrapped(#[source] BodyError);
        assert_eq!(BodyError::behind(&Wrapped(BodyError::TimedOut)), Some(BodyError::TimedOut));
        assert_eq!(BodyError::behind(&std::io::Error::other("x")), None);
    }
}
