//! The interface between an API and the adapters for web frameworks.

use std::{error::Error, future::Future};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use userbook::{Authorizer, UserStore};

use crate::{Authenticator, EndpointService, USERS_PATH, UserApi};

/// A complete API. Adapters for web frameworks depend only on this trait and convert types.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The paths of the API. All other paths belong to the host.
    const PATHS: &'static [PathPattern];

    /// Handles a request; every request gets a response.
    ///
    /// The endpoint polls the body only for callers with access, and otherwise drops the body unread. An adapter
    /// passes the body on without reading before the first poll. After a response to an unread body, a server should
    /// discard further bytes for a limited time before it closes the connection (lingering close). Otherwise a client
    /// that is still sending may get a reset instead of the response.
    fn respond<B>(&self, request: Request<B>) -> impl Future<Output = Response<Bytes>> + Send
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send;

    /// Returns the API as a `tower` service, for frameworks without an adapter.
    fn into_service(self) -> EndpointService<Self> {
        EndpointService::new(self)
    }
}

/// A set of request paths, without the query.
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
    /// Exactly this path.
    Exactly(&'static str),
    /// Every path below this prefix. The prefix ends with a slash and does not match itself.
    Below(&'static str),
}

impl PathPattern {
    /// Returns whether the set contains the path.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exactly(exact) => path == *exact,
            Self::Below(prefix) => path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl<S: UserStore, A: Authorizer, N: Authenticator> Endpoint for UserApi<S, A, N> {
    /// Single users. The list of users belongs to the host.
    const PATHS: &'static [PathPattern] = &[PathPattern::Below(USERS_PATH)];

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}
