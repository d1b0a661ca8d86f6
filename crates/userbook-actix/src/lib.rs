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
//! `cargo run -p userbook-actix --example actix_minimal`: an application with its own sessions and routes, and the first
//! administrator. The paragraphs below explain its parts.
//!
#![doc = concat!("```rust,no_run\n", include_str!("../examples/minimal.rs"), "```\n")]
#![doc = include_str!("guide.md")]

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
