//! Userbook's user API as an [axum] router.
//!
//! The adapter only converts types: the [`Endpoint`] produces every response, including 404 and 405 at its
//! [`PATHS`](Endpoint::PATHS).
//!
//! What it must not know: anything about users, permissions, JSON or HTTP semantics.
//!
//! # Quick start
//!
//! `cargo run -p userbook-axum --example axum_minimal`: an application on SQLite with one token and the first
//! administrator.
//!
#![doc = concat!("```rust,no_run\n", include_str!("../examples/minimal.rs"), "```\n")]
//!
//! # In an existing application
//!
//! `cargo run -p userbook-axum --example existing_app`: an application with its own sessions and routes. The paragraphs
//! below explain its parts.
//!
#![doc = concat!("```rust,no_run\n", include_str!("../examples/existing_app.rs"), "```\n")]
//!
//! **State.** [`UserApi`](userbook_http::UserApi) takes the service in an `Arc`, so that the host's handlers share it
//! and its store. It holds no state of its own and is cheap to clone.
//!
//! **Own routes beside.** [`router`] claims the paths of the endpoint and nothing else. A more specific route of the
//! host wins, in whatever order the two are added; axum rejects a second route for the same path when the application
//! is built. Paths are matched as they were sent: a path with an escaped letter in the prefix is the host's. Nested
//! under a prefix, the API sees its paths without the prefix. A host that routes by itself mounts [`service`].
//!
//! **Own prefix.** [`UserApi::at`](userbook_http::UserApi::at) replaces `/api/v3`:
//!
//! ```rust
//! # use axum::Router;
//! # use userbook_http::{Endpoint, InvalidPrefix, UserApi, Authenticator};
//! # use userbook::{Authorizer, UserStore};
//! /// Users at `/v1/core/users/{id}/`.
//! fn router<S: UserStore, A: Authorizer, N: Authenticator>(api: UserApi<S, A, N>) -> Result<Router, InvalidPrefix> {
//!     Ok(Router::new().merge(userbook_axum::router(api.at("/v1")?)))
//! }
//! ```
//!
//! **Authentication from the host's session.** An [`Authenticator`](userbook_http::Authenticator) sees the head of the
//! request with its extensions: middleware adds the caller's id. A request without a caller is `Actor::anonymous()`. A
//! session in a cookie needs the protection against cross-site requests that the host gives its own forms.
//!
//! **Body limits.** The limit is the API's ([`with_body_limit`](userbook_http::UserApi::with_body_limit), 4 MiB by
//! default), and its answer is 413 in the usual format. Bodies are read piece by piece up to the limit.
//! `DefaultBodyLimit` has no effect on them; middleware with a lower limit answers in its own format.
//!
//! **Denied requests.** The body of a caller without access is not polled, so hyper sends no `100 Continue` and the
//! answer goes out while the client may still be sending. hyper closes such a connection after the answer without
//! discarding the rest. Some clients then see a reset instead of the answer. A host that serves such clients directly,
//! without a proxy that buffers requests, keeps reading after the answer for a bounded time (lingering close), as
//! `userbook-server` does. Middleware that buffers bodies undoes the order: it receives the body before the API
//! authorizes.
//!
//! **Graceful shutdown.** An update is one atomic step, so that nothing is half-written whenever the process ends. To
//! let requests under way have their answers:
//!
//! ```rust,no_run
//! # async fn f(app: axum::Router) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! axum::serve(listener, app)
//!     .with_graceful_shutdown(async {
//!         // Without signals it serves until it is killed.
//!         if tokio::signal::ctrl_c().await.is_err() {
//!             std::future::pending::<()>().await;
//!         }
//!     })
//!     .await
//! # }
//! ```
//!
//! **Errors of your own routes.** `ApiError::from(error).into_response(ErrorFormat::Recorded).map(Body::from)` answers
//! an error of the service as the API does ([`ApiError`](userbook_http::ApiError)): status, fields, `Retry-After`.
//!
//! **Failures.** The cause of an answer of 500 or 503 is a [`Failure`](userbook_http::Failure) in its
//! extensions, for the host's log.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, extract::Request, response::Response};
use tower_service::Service;
use userbook_http::{Endpoint, PathPattern};

/// The name of the parameter of the routes: a parameter of the host with the same name would get the wrong value.
const REST: &str = "userbook_rest";

/// Returns the API as a router with the [`Endpoint::PATHS`], to merge into the host's router or to serve alone.
pub fn router<E: Endpoint>(api: E) -> Router {
    let path = |pattern: &PathPattern| match pattern {
        PathPattern::Exactly(_) => api.mounted(*pattern),
        PathPattern::Below(_) => format!("{}{{*{REST}}}", api.mounted(*pattern)),
    };
    let paths: Vec<String> = E::PATHS.iter().map(path).collect();
    let service = service(api);
    paths.iter().fold(Router::new(), |router, path| router.route_service(path, service.clone()))
}

/// Returns the API as a service that handles every request, for hosts with their own routing, for example as a
/// fallback.
pub fn service<E: Endpoint>(api: E) -> ApiService<E> {
    ApiService(api)
}

/// The API as a service of axum's types.
#[derive(Debug, Clone)]
pub struct ApiService<E>(E);

impl<E: Endpoint> Service<Request> for ApiService<E> {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let api = self.0.clone();
        Box::pin(async move { Ok(api.respond(request).await.map(Body::from)) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::{
        extract::Path,
        http::{StatusCode, header::CONTENT_TYPE, request::Parts},
        middleware::{Next, from_fn},
        response::IntoResponse,
        routing::get,
    };
    use userbook::{Actor, PermissionAuthorizer, StaticPermissions, UserService};
    use userbook_http::{AuthenticationError, Authenticator, DirectoryApi, Representation, UserApi};
    use userbook_memory::MemoryStore;

    use super::*;

    #[derive(Debug)]
    struct Host;

    #[async_trait::async_trait]
    impl Authenticator for Host {
        async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
            Ok(Actor::system())
        }
    }

    fn api() -> UserApi<MemoryStore, PermissionAuthorizer<StaticPermissions>, Host> {
        let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
        UserApi::new(UserService::new(MemoryStore::new(), authorizer), Host, Representation::new(""))
    }

    async fn ask(mut app: Router, path: &str) -> (StatusCode, bool) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = app.call(request).await.unwrap();
        let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|it| it == "application/json");
        (response.status(), is_json)
    }

    #[tokio::test]
    async fn paths_below_the_users_belong_to_the_api_and_others_to_the_host() {
        let app = || {
            let own = get(|| async { "me" });
            Router::new()
                .route("/api/v3/core/users/me/", own)
                .nest("/nested", router(api()))
                .merge(router(api()))
        };
        for (path, status, is_json) in [
            ("/api/v3/core/users/7/", StatusCode::NOT_FOUND, true),
            ("/api/v3/core/users/7", StatusCode::NOT_FOUND, true),
            ("/api/v3/core/users/7%2F", StatusCode::NOT_FOUND, true),
            ("/nested/api/v3/core/users/7/", StatusCode::NOT_FOUND, true),
            ("/api/v3/core/users/me/", StatusCode::OK, false),
            ("/api/v3/core/users/", StatusCode::NOT_FOUND, false),
            ("/other", StatusCode::NOT_FOUND, false),
        ] {
            assert_eq!(ask(app(), path).await, (status, is_json), "{path}");
        }
        assert_eq!(
            ask(Router::new().fallback_service(service(api())), "/x").await,
            (StatusCode::NOT_FOUND, true)
        );
    }

    #[tokio::test]
    async fn an_own_prefix_moves_every_path() {
        let app = || Router::new().merge(router(DirectoryApi::from(api()).at("/v1").unwrap()));
        for (path, status, is_json) in [
            ("/v1/core/users/", StatusCode::OK, true),
            ("/v1/core/users/7/", StatusCode::NOT_FOUND, true),
            ("/v1/core/groups/", StatusCode::OK, true),
            ("/v1/root/config/", StatusCode::OK, true),
            ("/api/v3/core/users/", StatusCode::NOT_FOUND, false),
            ("/v1/other/", StatusCode::NOT_FOUND, false),
        ] {
            assert_eq!(ask(app(), path).await, (status, is_json), "{path}");
        }
    }

    #[tokio::test]
    async fn a_parameter_of_the_host_keeps_its_value() {
        async fn only_open(
            Path(parameters): Path<HashMap<String, String>>,
            request: Request,
            next: Next,
        ) -> Response {
            if parameters.get("rest").is_some_and(|tenant| tenant == "open") {
                return next.run(request).await;
            }
            StatusCode::FORBIDDEN.into_response()
        }
        let inner = || router(DirectoryApi::from(api())).layer(from_fn(only_open));
        let app = || Router::new().nest("/tenant/{rest}", inner());
        for (tenant, status) in [("open", StatusCode::NOT_FOUND), ("closed", StatusCode::FORBIDDEN)] {
            let found = ask(app(), &format!("/tenant/{tenant}/api/v3/core/users/7/")).await.0;
            assert_eq!(found, status, "{tenant}");
        }
    }

    #[tokio::test]
    async fn directory_api_serves_its_further_paths() {
        let app = || {
            Router::new()
                .nest("/nested", router(DirectoryApi::from(api())))
                .merge(router(DirectoryApi::from(api())))
        };
        for (path, status, is_json) in [
            ("/api/v3/core/users/", StatusCode::OK, true),
            ("/api/v3/core/users/?page=2", StatusCode::NOT_FOUND, true),
            ("/nested/api/v3/core/users/", StatusCode::OK, true),
            ("/api/v3/core/users/7/", StatusCode::NOT_FOUND, true),
            ("/api/v3/core/groups/", StatusCode::OK, true),
            ("/api/v3/core/groups/7/", StatusCode::NOT_FOUND, true),
            ("/api/v3/root/config/", StatusCode::OK, true),
            ("/api/v3/root/config/x", StatusCode::NOT_FOUND, false),
            ("/api/v3/core/users", StatusCode::NOT_FOUND, false),
            ("/api/v3/", StatusCode::NOT_FOUND, false),
        ] {
            assert_eq!(ask(app(), path).await, (status, is_json), "{path}");
        }
    }
}
