//! The stages of a request before the API: health, admission, and the limits of the body.
//!
//! The body is received only when the API polls it, which happens only for authorized callers. A request holds a slot
//! except while it waits for data of its body.
//!
//! The module must not know what the API does.

mod admission;
mod body;
mod denial;
mod exchange;
mod linger;
mod readiness;

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{
    StatusCode, Version,
    body::{Body as _, Incoming},
    header::{CACHE_CONTROL, EXPECT, HOST, HeaderValue, X_CONTENT_TYPE_OPTIONS},
};
use tokio::time::Instant;
use tower_service::Service;
use userbook_http::{ExtensionSet, Failure, busy, invalid_host};
use userbook_tenants::TenantName;

use self::{
    admission::Admission,
    body::{BodyBudget, RequestBody},
    denial::hide_duration,
    exchange::Exchange,
    linger::linger,
    readiness::Readiness,
};
use crate::{Limits, compression, database::Reachable};

/// Liveness of the process: authentik's path, 200.
const LIVE: &str = "/-/health/live/";

/// Readiness: authentik's path, 200, or 503 if the database does not answer.
const READY: &str = "/-/health/ready/";

#[derive(Debug)]
pub(crate) struct RequestGate {
    router: Router,
    extensions: ExtensionSet,
    readiness: Readiness,
    budget: Arc<BodyBudget>,
    admission: Arc<Admission>,
}

impl RequestGate {
    pub(crate) fn new(
        router: Router,
        extensions: ExtensionSet,
        database: Arc<dyn Reachable>,
        limits: &Limits,
    ) -> Self {
        Self {
            router,
            extensions,
            readiness: Readiness::new(database, limits.health_timeout),
            budget: Arc::new(BodyBudget::new(limits)),
            admission: Arc::new(Admission::new(limits)),
        }
    }

    /// Every request gets a response.
    pub(crate) async fn respond(&self, request: hyper::Request<Incoming>) -> Response {
        let start = Instant::now();
        let (head, incoming) = request.into_parts();
        let expects_continue = head.headers.contains_key(EXPECT);
        let exchange = Arc::new(Exchange::new());
        let body = if incoming.is_end_stream() {
            Body::empty()
        } else {
            let (admission, budget) = (Arc::clone(&self.admission), Arc::clone(&self.budget));
            Body::new(RequestBody::new(incoming, Arc::clone(&exchange), admission, budget))
        };
        let response = self.dispatch(Request::from_parts(head, body), &exchange).await;
        // A response that waits needs no place among those at work.
        exchange.release_place();
        hide_duration(response.status(), start).await;
        match exchange.take_unread() {
            Some(unread) => linger(response, unread, expects_continue),
            None => response,
        }
    }

    async fn dispatch(&self, request: Request, exchange: &Exchange<Incoming>) -> Response {
        match request.uri().path() {
            LIVE => return empty(StatusCode::OK),
            READY if self.readiness.is_ready().await => return empty(StatusCode::OK),
            READY => return empty(StatusCode::SERVICE_UNAVAILABLE),
            _ if !has_valid_host(&request) => {
                return invalid_host(&request, self.extensions).map(Body::from);
            }
            _ => {}
        }
        if !self.readiness.is_in_place() {
            return self.reject_overloaded(&request);
        }
        let Some(place) = self.admission.acquire().await else { return self.reject_overloaded(&request) };
        exchange.hold_place(place);
        let mut request = request;
        compression::accept_tags(request.headers_mut());
        let mut response = match self.router.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        compression::mark_tag(response.headers_mut());
        log(&response);
        response
    }

    fn reject_overloaded(&self, request: &Request) -> Response {
        busy(request, self.extensions).map(Body::from)
    }
}

/// HTTP/1.1 requires exactly one `Host` (RFC 9112 §3.2).
fn has_valid_host(request: &Request) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        count => count == 1,
    }
}

/// Logs the failure behind a response; the client does not see it.
fn log(response: &Response) {
    if let Some(failure) = response.extensions().get::<Failure>() {
        let status = response.status().as_u16();
        let tenant = response.extensions().get::<TenantName>().map(TenantName::as_str);
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(status, tenant, %failure, "request failed");
        } else {
            tracing::error!(status, tenant, %failure, "a request failed");
        }
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
