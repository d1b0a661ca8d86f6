//! The interface between an API and the adapters for web frameworks.

use std::{error::Error, future::Future};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use userbook::{Authorizer, UserStore};

use crate::{Authenticator, USERS_PATH, UserApi};

/// A finished API. Adapters for web frameworks are written once against this, and convert types only.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The paths that the API answers. All other paths are the host's.
    const PATHS: &'static [PathPattern];

    /// Answers a request; there is always an answer.
    ///
    /// The endpoint polls the body only after the caller is known to have access, and drops the body unread otherwise.
    /// An adapter passes the body on without reading ahead of the first poll. After an answer to a body that was not
    /// read, a server discards further bytes for a bounded time before it closes the connection (lingering close):
    /// a client that is still sending may otherwise see a reset instead of the answer.
    fn respond<B>(&self, request: Request<B>) -> impl Future<Output = Response<Bytes>> + Send
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send;
}

/// A set of paths, as they stand in a request, without the query.
///
/// ```
/// use userbook_http::PathPattern;
///
/// assert!(PathPattern::Exactly("/users/").matches("/users/"));
/// assert!(!PathPattern::Exactly("/users/").matches("/users/7/"));
/// assert!(PathPattern::Below("/users/").matches("/users/7/"));
/// assert!(!PathPattern::Below("/users/").matches("/users/"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathPattern {
    /// This path.
    Exactly(&'static str),
    /// Every path below this one, which ends with a slash and does not match itself.
    Below(&'static str),
}

impl PathPattern {
    /// Whether the path is in the set.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exactly(exact) => path == *exact,
            Self::Below(prefix) => path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl<S: UserStore, A: Authorizer, N: Authenticator> Endpoint for UserApi<S, A, N> {
    /// Single users. The list of users is the host's.
    const PATHS: &'static [PathPattern] = &[PathPattern::Below(USERS_PATH)];

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}
