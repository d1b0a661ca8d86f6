//! What every request passes before it reaches the API: health is answered, bodies are received in time and within
//! bounds, and there are only so many requests at work.
//!
//! A body is received before its request takes a place: who sends slowly keeps nobody else from working.
//!
//! It must not know what the API does.

mod admission;
mod body;
mod readiness;

use axum::{Router, body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use hyper::{StatusCode, body::Incoming};
use tower_service::Service;
use userbook::Policy;
use userbook_http::{Failure, busy};

use self::{admission::Admission, body::Bodies, readiness::Readiness};
use crate::{Limits, database::Database};

/// Whether the process is there: authentik's path, 200.
const LIVE: &str = "/-/health/live/";

/// Whether it can work: authentik's path, 200, or 503 if the database does not answer.
const READY: &str = "/-/health/ready/";

#[derive(Debug)]
pub(crate) struct Front {
    router: Router,
    policy: Policy,
    readiness: Readiness,
    bodies: Bodies,
    admission: Admission,
}

impl Front {
    pub(crate) fn new(router: Router, policy: Policy, database: Database, limits: &Limits) -> Self {
        Self {
            router,
            policy,
            readiness: Readiness::new(database, limits.health_timeout),
            bodies: Bodies::new(limits),
            admission: Admission::new(limits),
        }
    }

    /// There is always an answer.
    pub(crate) async fn answer(&self, request: hyper::Request<Incoming>) -> Response {
        match request.uri().path() {
            LIVE => return empty(StatusCode::OK),
            READY if self.readiness.is_ready().await => return empty(StatusCode::OK),
            READY => return empty(StatusCode::SERVICE_UNAVAILABLE),
            _ => {}
        }
        // Also of a request that is turned away: a connection that is closed while there is something unread is
        // reset, and the answer may be lost. What the body takes is given back when it is answered.
        let (request, _room) = self.bodies.receive(request).await;
        let Some(_place) = self.admission.enter().await else { return self.turn_away(&request) };
        let response = match self.router.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        log(&response);
        response
    }

    fn turn_away<B>(&self, request: &Request<B>) -> Response {
        busy(request, &self.policy).map(Body::from)
    }
}

/// What the client is not told.
fn log(response: &Response) {
    if let Some(failure) = response.extensions().get::<Failure>() {
        let status = response.status().as_u16();
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(status, %failure, "a request could not be served");
        } else {
            tracing::error!(status, %failure, "a request failed");
        }
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A body as axum takes it.
fn whole<B>(body: B) -> Body
where
    B: http_body::Body<Data = hyper::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    Body::new(body.map_err(Into::into))
}
