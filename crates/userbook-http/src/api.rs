//! The entry point: takes a request and returns a finished response.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, request::Parts};
use http_body::Body;
use userbook::{Authorizer, UserService, UserStore, update::Mode};

use crate::{
    Authenticator, ExtensionSet, InvalidPrefix, Representation,
    error::ApiError,
    negotiate::negotiate,
    prefix::Prefix,
    respond::{self, Methods, USER_METHODS},
    route::{Route, route},
};

/// The default of [`UserApi::with_body_limit`]: 4 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 4 * 1024 * 1024;

/// authentik's update-user API: a store, an authorizer and an authenticator behind one function. Cheap to clone.
#[derive(Debug)]
pub struct UserApi<S, A, N> {
    pub(crate) service: Arc<UserService<S, A>>,
    pub(crate) authenticator: Arc<N>,
    pub(crate) representation: Arc<Representation>,
    pub(crate) body_limit: usize,
    pub(crate) extensions: ExtensionSet,
    pub(crate) prefix: Prefix,
}

impl<S, A, N> Clone for UserApi<S, A, N> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            authenticator: Arc::clone(&self.authenticator),
            representation: Arc::clone(&self.representation),
            body_limit: self.body_limit,
            extensions: self.extensions,
            prefix: self.prefix.clone(),
        }
    }
}

impl<S, A, N> UserApi<S, A, N> {
    /// Serves the service over HTTP, with every [`Extension`](crate::Extension).
    pub fn new(
        service: impl Into<Arc<UserService<S, A>>>,
        authenticator: N,
        representation: Representation,
    ) -> Self {
        Self {
            service: service.into(),
            authenticator: Arc::new(authenticator),
            representation: Arc::new(representation),
            body_limit: DEFAULT_BODY_LIMIT,
            extensions: ExtensionSet::all(),
            prefix: Prefix::default(),
        }
    }

    /// Limits the size of a body in bytes; larger bodies get 413.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Selects the supported extensions. The default is [`ExtensionSet::all`].
    #[must_use]
    pub fn with_extensions(mut self, extensions: ExtensionSet) -> Self {
        self.extensions = extensions;
        self
    }

    /// Mounts the API at another path than [`API_PREFIX`](crate::API_PREFIX): with `/v1`, a user is at `/v1/core/users/{id}/`. The empty
    /// prefix is the root. `openapi::at` describes such an API.
    ///
    /// # Errors
    /// [`InvalidPrefix`] unless the prefix is empty or a path such as `/v1`.
    pub fn at(mut self, prefix: &str) -> Result<Self, InvalidPrefix> {
        self.prefix = Prefix::parse(prefix)?;
        Ok(self)
    }

    /// Returns the service behind the API.
    pub fn service(&self) -> &UserService<S, A> {
        &self.service
    }
}

impl<S: UserStore, A: Authorizer, N: Authenticator> UserApi<S, A, N> {
    /// Handles a request. Every request gets a response; the cause of 500 and 503 is the [`Failure`](crate::Failure)
    /// in the response's extensions.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.handle_with(request, USER_METHODS).await
    }

    /// Handles a request like [`UserApi::handle`]; `methods` are the methods of a user.
    pub(crate) async fn handle_with<B>(&self, request: Request<B>, methods: &'static str) -> Response<Bytes>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let (format, acceptable) = negotiate(&head, self.extensions);
        let answer = self.answer(&head, body, acceptable).await;
        let mut response = answer.unwrap_or_else(|error| error.into_response(format));
        respond::finish(&head.method, self.extensions, Methods::of_user(methods), &mut response);
        response
    }

    /// Runs the stages in the contract's order; the first failure decides the response.
    async fn answer<B>(
        &self,
        head: &Parts,
        body: B,
        acceptable: Result<(), ApiError>,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Route::User(id) = route(&self.prefix, head.uri.path()) else {
            return Err(ApiError::not_found());
        };
        acceptable?;
        let actor = self.authenticator.authenticate(head).await?;
        match head.method {
            Method::GET | Method::HEAD => self.show(head, &actor, id).await,
            Method::PUT => self.write(head, body, &actor, id, Mode::Replace).await,
            Method::PATCH => self.write(head, body, &actor, id, Mode::Patch).await,
            Method::OPTIONS => self.describe(&actor, id).await,
            ref other => Err(ApiError::method_not_allowed(other)),
        }
    }
}
