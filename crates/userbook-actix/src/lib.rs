//! Userbook's user API for [actix-web](actix_web).
//!
//! The adapter only converts types: the [`Endpoint`] produces every response, including 404 and 405 at its
//! [`PATHS`](Endpoint::PATHS). actix-web uses version 0.2 of the crate `http` and the API 1.x, so requests and
//! responses are converted by their bytes.
//!
//! What it must not know: anything about users, permissions, JSON or HTTP semantics.
//!
//! # Embed it
//!
//! `cargo run -p userbook-actix --example actix_minimal`: an application with its own sessions and routes, and the
//! first administrator. The paragraphs below explain its parts.
//!
#![doc = concat!("```rust,no_run\n", include_str!("../examples/minimal.rs"), "```\n")]
//!
//! **State.** Make the store, its pool and the service once, outside the closure that every worker calls; it clones an
//! `Arc`. [`UserApi`](userbook_http::UserApi) takes an `Arc` of the service, which the host's handlers share. A request
//! is answered on the worker that took it, and needs no other runtime.
//!
//! **Own routes beside.** [`routes`] claims the paths of the endpoint and nothing else. actix-web asks in the order of
//! registration: a more specific route of the host comes first. Paths are matched after actix-web has decoded them, and
//! reach the API as they were sent; in a [`Scope`](actix_web::Scope) it sees them without the scope's prefix. Keep
//! `NormalizePath` away from it: a slash at the end makes a difference. A host that routes by itself plugs in
//! [`service`].
//!
//! **Own prefix.** [`UserApi::at`](userbook_http::UserApi::at) replaces `/api/v3`:
//!
//! ```rust
//! # use userbook_http::{Authenticator, InvalidPrefix, UserApi};
//! # use userbook::{Authorizer, UserStore};
//! use actix_web::web::ServiceConfig;
//!
//! /// Users at `/v1/core/users/{id}/`.
//! fn configure<S: UserStore, A: Authorizer, N: Authenticator>(
//!     api: UserApi<S, A, N>,
//!     config: &mut ServiceConfig,
//! ) -> Result<(), InvalidPrefix> {
//!     config.configure(userbook_actix::routes(api.at("/v1")?));
//!     Ok(())
//! }
//! ```
//!
//! **Authentication from the host's session.** An [`Authenticator`](userbook_http::Authenticator) sees the head of the
//! request as a value of the `http` crate. Middleware that has identified the caller passes the caller's id with
//! [`insert_extension`], and the authenticator finds it among the head's extensions. A request without a caller is
//! `Actor::anonymous()`. A session in a cookie needs the protection against cross-site requests that the host gives its
//! own forms.
//!
//! **Body limits.** The limit is the API's ([`with_body_limit`](userbook_http::UserApi::with_body_limit), 4 MiB by
//! default), and its answer is 413 in the usual format. Payloads are read chunk by chunk up to the limit.
//! `PayloadConfig` has no effect on them.
//!
//! **Denied requests.** The payload of a caller without access is not read. actix-web answers, announces
//! `Connection: close`, and discards what the client still sends until `client_disconnect_timeout` ends (1 second by
//! default; with 0 it closes at once, and a client that is still sending may see a reset instead of the answer).
//! actix-web sends `100 Continue` before any service sees the request, whatever the service decides.
//!
//! **Graceful shutdown.** An update is one atomic step, so that nothing is half-written whenever the process ends.
//! `HttpServer` stops on SIGINT at once and on SIGTERM after the requests under way have their answers
//! (`shutdown_timeout`, 30 seconds by default). A host that handles signals itself:
//!
//! ```rust,no_run
//! # async fn f(server: actix_web::dev::Server, stop: impl Future<Output = ()> + 'static) -> std::io::Result<()> {
//! // `server` comes from `HttpServer::new(…).disable_signals().bind(…)?.run()`, `stop` is the host's.
//! let handle = server.handle();
//! actix_web::rt::spawn(async move {
//!     stop.await;
//!     handle.stop(true).await;
//! });
//! server.await
//! # }
//! ```
//!
//! **Failures.** The cause of an answer of 500 or 503 is a [`Failure`](userbook_http::Failure), for the
//! host's log. It is in the answer's [`http::Extensions`], which are among the extensions of actix-web's response.

mod body;
mod convert;

use std::future::Future;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Route,
    web::{self, Payload, ServiceConfig},
};
use userbook_http::{Endpoint, PathPattern};

/// The name of the parameter of the routes: a parameter of the host with the same name would get the wrong value.
const REST: &str = "userbook_rest";

/// Configures the API at its [`Endpoint::PATHS`], for [`App::configure`](actix_web::App::configure) or
/// [`Scope::configure`](actix_web::Scope::configure).
pub fn routes<E: Endpoint>(api: E) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        for pattern in E::PATHS {
            let path = api.mounted(*pattern);
            let known = slashes(&path);
            let (path, goes_on) = match pattern {
                PathPattern::Exactly(_) => (path, false),
                PathPattern::Below(_) => (format!("{path}{{{REST}:.+}}"), true),
            };
            // Earlier matches belong to scopes, with any name.
            let rest = |request: &HttpRequest| {
                request.match_info().iter().last().map_or(0, |(_, rest)| slashes(rest))
            };
            let own = move |request: &HttpRequest| if goes_on { known + rest(request) } else { known };
            config.service(web::resource(path).route(route(api.clone(), own)));
        }
    }
}

/// Returns the API as a service that handles every request, for hosts with their own routing, for example as a
/// [default service](actix_web::App::default_service).
pub fn service<E: Endpoint>(api: E) -> Route {
    route(api, |request| slashes(request.match_info().unprocessed()))
}

/// Passes `value` to the API's [`Authenticator`](userbook_http::Authenticator), which finds it in the extensions of
/// the request's head. Call this function in a middleware that has identified the caller.
///
/// All passed values are stored as one [`http::Extensions`] in the request's extensions.
pub fn insert_extension<T: Clone + Send + Sync + 'static>(request: &impl HttpMessage, value: T) {
    let mut extensions = request.extensions_mut();
    if let Some(shared) = extensions.get_mut::<http::Extensions>() {
        shared.insert(value);
    } else {
        let mut shared = http::Extensions::new();
        shared.insert(value);
        extensions.insert(shared);
    }
}

/// A route for any method; `own` is the number of slashes at the end of the path that belong to the API.
fn route<E: Endpoint>(api: E, own: impl Fn(&HttpRequest) -> usize + Clone + 'static) -> Route {
    web::to(move |request: HttpRequest, payload: Payload| {
        let start = start(request.uri().path(), own(&request));
        answer(api.clone(), request, start, payload)
    })
}

fn answer<E: Endpoint>(
    api: E,
    request: HttpRequest,
    start: usize,
    payload: Payload,
) -> impl Future<Output = HttpResponse> {
    body::bridge(payload, move |body| async move {
        match convert::request(&request, start, body) {
            Ok(converted) => convert::response(api.respond(converted).await),
            Err(_) => HttpResponse::BadRequest().finish(),
        }
    })
}

/// Returns the position of the last `own` slashes of a path. The preceding part is the prefix of the scopes, which the
/// API does not see. Counting slashes is necessary because actix matches the decoded path, in which slashes stay
/// encoded, while the API gets the path as sent.
fn start(path: &str, own: usize) -> usize {
    let last = own.checked_sub(1).and_then(|others| path.rmatch_indices('/').nth(others));
    last.map_or(0, |(at, _)| at)
}

fn slashes(path: &str) -> usize {
    path.matches('/').count()
}

#[cfg(test)]
mod tests;
