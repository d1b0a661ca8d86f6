//! The entry point: takes a request and returns a finished response.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::WWW_AUTHENTICATE, request::Parts};
use http_body::Body;
use userbook::{Actor, Authorizer, UserService, UserStore, authz::Subject, update::Mode};

use crate::{
    Authenticator, ExtensionSet, InvalidPrefix, Representation,
    error::{ApiError, ErrorFormat},
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
    /// The challenge of 401; `None` answers 403, as recorded.
    pub(crate) challenge: Option<HeaderValue>,
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
            challenge: self.challenge.clone(),
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
            challenge: None,
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

    /// Mounts the API at another path than [`API_PREFIX`](crate::API_PREFIX): with `/v1`, a user is at
    /// `/v1/core/users/{id}/`. The empty prefix is the root. `openapi::at` describes such an API.
    ///
    /// # Errors
    /// [`InvalidPrefix`] unless the prefix is empty or a path such as `/v1`.
    pub fn at(mut self, prefix: &str) -> Result<Self, InvalidPrefix> {
        self.prefix = Prefix::parse(prefix)?;
        Ok(self)
    }

    /// Answers callers without valid credentials 401 with this `WWW-Authenticate` header, such as `Bearer`, for clients
    /// that start a login then. By default they get 403, as recorded. Only the status and the header differ. A denied
    /// user still gets 403, and a hidden resource 404.
    #[must_use]
    pub fn with_challenge(mut self, challenge: HeaderValue) -> Self {
        self.challenge = Some(challenge);
        self
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
        let mut response = answer.unwrap_or_else(|error| self.error_response(error, format));
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
        let actor = self.authenticate(head).await?;
        let answer = match head.method {
            Method::GET | Method::HEAD => self.show(head, &actor, id).await,
            Method::PUT => self.write(head, body, &actor, id, Mode::Replace).await,
            Method::PATCH => self.write(head, body, &actor, id, Mode::Patch).await,
            Method::OPTIONS => self.describe(&actor, id).await,
            ref other => Err(ApiError::method_not_allowed(other)),
        };
        answer.map_err(|error| self.challenged(error, &actor))
    }
}

impl<S, A, N: Authenticator> UserApi<S, A, N> {
    pub(crate) async fn authenticate(&self, head: &Parts) -> Result<Actor, ApiError> {
        let authenticated = self.authenticator.authenticate(head).await;
        authenticated.map_err(|error| self.unauthorized(error.into(), false))
    }

    /// Returns the error as this caller gets it.
    pub(crate) fn challenged(&self, error: ApiError, actor: &Actor) -> ApiError {
        self.unauthorized(error, actor.subject == Subject::Anonymous)
    }

    fn unauthorized(&self, error: ApiError, is_anonymous: bool) -> ApiError {
        if self.challenge.is_some() { error.unauthorized(is_anonymous) } else { error }
    }

    /// Returns the response of an error, with the challenge of a 401.
    pub(crate) fn error_response(&self, error: ApiError, format: ErrorFormat) -> Response<Bytes> {
        let mut response = error.into_response(format);
        if let Some(challenge) =
            self.challenge.as_ref().filter(|_| response.status() == StatusCode::UNAUTHORIZED)
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge.clone());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT, AUTHORIZATION};
    use userbook::{NewUser, PermissionAuthorizer, StaticPermissions, UserId};
    use userbook_memory::MemoryStore;

    use super::*;
    use crate::{AuthenticationError, DirectoryApi};

    /// Knows user 1 by the header `known`.
    #[derive(Debug)]
    struct ByHeader;

    #[async_trait::async_trait]
    impl Authenticator for ByHeader {
        async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
            match head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes) {
                None => Ok(Actor::anonymous()),
                Some(b"known") => Ok(Actor::user(UserId(1))),
                Some(_) => Err(AuthenticationError::token_invalid()),
            }
        }
    }

    async fn api() -> DirectoryApi<MemoryStore, PermissionAuthorizer<StaticPermissions>, ByHeader> {
        let service =
            UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
        service.insert_user(&Actor::system(), NewUser::new("ada", "Ada")).await.unwrap();
        DirectoryApi::new(service, ByHeader, Representation::new(""))
    }

    #[tokio::test]
    async fn callers_without_valid_credentials_get_a_challenge_on_request() {
        let plain = api().await;
        let challenging = plain.clone().with_challenge(HeaderValue::from_static("Bearer"));
        for (credentials, method, path, with_challenge) in [
            (None, "GET", "/core/users/1/", 401),
            (None, "PATCH", "/core/users/1/", 401),
            (None, "DELETE", "/core/users/1/", 401),
            (None, "GET", "/core/users/", 401),
            (None, "POST", "/core/users/", 401),
            (None, "GET", "/core/users/me/", 401),
            (None, "POST", "/core/groups/", 401),
            (Some("guessed"), "PUT", "/core/users/1/", 401),
            (Some("guessed"), "GET", "/core/users/me/", 401),
            (Some("known"), "PUT", "/core/users/1/", 403),
            (Some("known"), "GET", "/core/users/", 403),
        ] {
            for (api, expected) in [(&plain, 403), (&challenging, with_challenge)] {
                let mut request = Request::builder().method(method).uri(format!("/api/v3{path}"));
                request = request.header(ACCEPT, "application/problem+json");
                if let Some(credentials) = credentials {
                    request = request.header(AUTHORIZATION, credentials);
                }
                let response = api.handle(request.body("{}".to_owned()).unwrap()).await;
                let challenge = response.headers().get(WWW_AUTHENTICATE).map(HeaderValue::as_bytes);
                assert_eq!(response.status().as_u16(), expected, "{credentials:?} {method} {path}");
                assert_eq!(challenge, (expected == 401).then_some(&b"Bearer"[..]), "{method} {path}");
                let problem: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
                assert_eq!(problem["status"], expected);
            }
        }
    }
}
