//! The interface between an API and the adapters for web frameworks.

use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;
use userbook::{Authorizer, UserStore};

use crate::{Authenticator, USERS_PATH, UserApi};

/// A complete API. Adapters for web frameworks depend only on this trait and convert types.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The paths of the API at its default place. All other paths belong to the host.
    const PATHS: &'static [PathPattern];

    /// Returns where the path of one of [`PATHS`](Self::PATHS) is mounted; see [`UserApi::at`].
    fn mounted(&self, pattern: PathPattern) -> String {
        pattern.path().to_owned()
    }

    /// Returns whether a request path, without the query, belongs to the API, for hosts with their own routing.
    fn owns(&self, path: &str) -> bool {
        Self::PATHS.iter().any(|pattern| pattern.is_at(&self.mounted(*pattern), path))
    }

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
        EndpointService(self)
    }
}

/// An [`Endpoint`] as a `tower` service, for frameworks without an adapter. [`Endpoint::into_service`] creates it.
#[derive(Debug, Clone)]
pub struct EndpointService<E>(E);

impl<E, B> Service<Request<B>> for EndpointService<E>
where
    E: Endpoint,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self(endpoint) = self.clone();
        Box::pin(async move { Ok(endpoint.respond(request).await.map(Full::new)) })
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
///
/// Exhaustive: an adapter mounts every pattern.
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
        self.is_at(self.path(), path)
    }

    /// Returns the path or the prefix.
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Exactly(path) | Self::Below(path) => path,
        }
    }

    /// Returns whether the set contains the path, if it is mounted at `own`.
    fn is_at(&self, own: &str, path: &str) -> bool {
        match self {
            Self::Exactly(_) => path == own,
            Self::Below(_) => path.strip_prefix(own).is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl<S: UserStore, A: Authorizer, N: Authenticator> Endpoint for UserApi<S, A, N> {
    /// Single users. The list of users belongs to the host.
    const PATHS: &'static [PathPattern] = &[PathPattern::Below(USERS_PATH)];

    fn mounted(&self, pattern: PathPattern) -> String {
        self.prefix.mount(pattern.path())
    }

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}
