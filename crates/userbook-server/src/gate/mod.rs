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
mod head;
mod linger;
mod memory;
mod operation;
mod readiness;
mod responses;
mod unparsed;
mod work;

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, middleware::from_fn_with_state, response::Response};
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
    body::{BodyLimits, RequestBody},
    denial::{denials, hide_duration},
    exchange::Exchange,
    linger::{Unread, linger},
    memory::MemoryBudget,
    operation::operation,
    readiness::Readiness,
    responses::Responses,
    work::WorkThreads,
};
pub(crate) use self::{
    head::{HeadMemory, HeadMeter, InRequest, MeteredStream},
    unparsed::ExplainingStream,
};
use crate::{
    Limits, TenantRouting, compression,
    database::Reachable,
    metrics::{Metrics, Saturation},
};

/// Liveness of the process: authentik's path, 200.
const LIVE: &str = "/-/health/live/";

/// Readiness: authentik's path, 200, or 503 if the database does not answer.
const READY: &str = "/-/health/ready/";

/// The largest response of the API, in bytes: a page of a list.
const LARGEST_RESPONSE: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct RequestGate {
    router: Router,
    extensions: ExtensionSet,
    readiness: Readiness,
    /// Names the tenants, if there are several.
    routing: Option<TenantRouting>,
    body_limits: BodyLimits,
    bodies: Arc<MemoryBudget>,
    responses: Arc<MemoryBudget>,
    heads: Arc<HeadMemory>,
    admission: Arc<Admission>,
    work: WorkThreads,
    metrics: Metrics,
}

/// What requests use at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) running: usize,
    pub(crate) waiting: usize,
    pub(crate) body_bytes: usize,
    pub(crate) response_bytes: usize,
    pub(crate) head_bytes: usize,
}

impl RequestGate {
    /// # Errors
    /// If the threads for requests cannot be started.
    pub(crate) fn new(
        router: Router,
        extensions: ExtensionSet,
        database: Arc<dyn Reachable>,
        routing: Option<TenantRouting>,
        limits: &Limits,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let memory = Arc::new(MemoryBudget::new(limits.response_memory, LARGEST_RESPONSE));
        let responses = Responses { memory: Arc::clone(&memory), extensions, metrics: metrics.clone() };
        let router =
            router.layer(from_fn_with_state(responses, responses::count)).layer(compression::layer());
        Ok(Self {
            router,
            extensions,
            readiness: Readiness::new(database, limits.health_timeout),
            routing,
            body_limits: BodyLimits::new(limits),
            bodies: Arc::new(MemoryBudget::new(limits.body_memory, limits.max_body)),
            responses: memory,
            heads: HeadMemory::new(limits.head_memory),
            admission: Arc::new(Admission::new(limits)),
            work: WorkThreads::start()?,
            metrics,
        })
    }

    /// Returns what requests use now.
    pub(crate) fn load(&self) -> Load {
        Load {
            running: self.admission.running(),
            waiting: self.admission.waiting(),
            body_bytes: self.bodies.used(),
            response_bytes: self.responses.used(),
            head_bytes: self.heads.used(),
        }
    }

    /// Returns the memory of heads.
    pub(crate) fn heads(&self) -> &Arc<HeadMemory> {
        &self.heads
    }

    /// Returns the metrics.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Every request gets a response.
    pub(crate) async fn respond(&self, request: hyper::Request<Incoming>, in_request: InRequest) -> Response {
        let start = Instant::now();
        let (head, incoming) = request.into_parts();
        let expects_continue = head.headers.contains_key(EXPECT);
        let operation = operation(&head.method, head.uri.path());
        let memory = self.bodies.reservation(self.bodies.caller(&head.headers));
        let routing = self.routing.as_ref();
        let tenant = routing.and_then(|routing| routing.tenant_of(&head.uri, &head.headers));
        let exchange = Arc::new(Exchange::new(memory, tenant));
        let body = if incoming.is_end_stream() {
            Body::empty()
        } else {
            let (admission, metrics) = (Arc::clone(&self.admission), self.metrics.clone());
            let body =
                RequestBody::new(incoming, Arc::clone(&exchange), admission, self.body_limits, metrics);
            Body::new(body.announced(expects_continue))
        };
        let response = self.dispatch(Request::from_parts(head, body), &exchange).await;
        // A response that waits needs no place among those at work.
        exchange.release_place();
        self.metrics.responded(operation, response.status(), start.elapsed());
        hide_duration(denials(&response), start).await;
        match exchange.take_unread() {
            Some(unread) => linger(response, Unread::new(unread, in_request), expects_continue),
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
            return self.reject(&request, Saturation::DatabaseFile);
        }
        if self.responses.is_exhausted_for(self.responses.caller(request.headers())) {
            return self.reject(&request, Saturation::ResponseMemory);
        }
        let Some(place) = self.admission.acquire(exchange.tenant()).await else {
            return self.reject(&request, Saturation::Queue);
        };
        exchange.hold_place(place);
        let mut request = request;
        compression::accept_tags(request.headers_mut());
        let mut router = self.router.clone();
        let mut response = match self.work.run(async move { router.call(request).await }).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        compression::mark_tag(response.headers_mut());
        log(&response);
        response
    }

    fn reject(&self, request: &Request, reason: Saturation) -> Response {
        self.metrics.rejected(reason);
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
            tracing::error!(status, tenant, %failure, "request failed");
        }
    }
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
