//! Userbook's update-user API for [actix-web](actix_web).
//!
//! It converts types and does nothing else: every answer is the [`Endpoint`]'s, 404 and 405 at its
//! [`PATHS`](Endpoint::PATHS) included. actix-web uses version 0.2 of the `http` types and the API 1.x: requests and
//! answers are converted by their bytes.
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

/// The API at its [`Endpoint::PATHS`], for [`App::configure`](actix_web::App::configure) or
/// [`Scope::configure`](actix_web::Scope::configure).
pub fn routes<E: Endpoint>(api: E) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        for pattern in E::PATHS {
            let (path, known, goes_on) = match pattern {
                PathPattern::Exactly(path) => ((*path).to_owned(), slashes(path), false),
                PathPattern::Below(prefix) => (format!("{prefix}{{rest:.+}}"), slashes(prefix), true),
            };
            // Earlier matches belong to scopes, whatever their names.
            let rest = |request: &HttpRequest| {
                request.match_info().iter().last().map_or(0, |(_, rest)| slashes(rest))
            };
            let own = move |request: &HttpRequest| if goes_on { known + rest(request) } else { known };
            config.service(web::resource(path).route(route(api.clone(), own)));
        }
    }
}

/// The API as a service that answers every request, for hosts that route themselves: as a
/// [default service](actix_web::App::default_service), for one.
pub fn service<E: Endpoint>(api: E) -> Route {
    route(api, |request| slashes(request.match_info().unprocessed()))
}

/// Passes `value` to the API's [`Authenticator`](userbook_http::Authenticator), which finds it among the extensions of the
/// request's head. Middleware of the host calls this function after it has identified the caller.
///
/// All passed values are in one [`http::Extensions`] among the request's own extensions.
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

/// A route of any method; `own` says how many slashes at the end of the path are the API's.
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

/// The position of the last `own` slashes of a path. The part before is the prefix of the scopes, which the API does not
/// see. Slashes are counted because actix matches the decoded path, in which slashes stay encoded, and the API gets the
/// path as it was sent.
fn start(path: &str, own: usize) -> usize {
    let last = own.checked_sub(1).and_then(|others| path.rmatch_indices('/').nth(others));
    last.map_or(0, |(at, _)| at)
}

fn slashes(path: &str) -> usize {
    path.matches('/').count()
}

#[cfg(test)]
mod tests;
