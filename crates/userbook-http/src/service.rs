//! Endpoints as `tower` services.

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

use crate::Endpoint;

/// An [`Endpoint`] as a `tower` service, for frameworks without an adapter. [`Endpoint::into_service`] creates it.
#[derive(Debug, Clone)]
pub struct EndpointService<E>(E);

impl<E> EndpointService<E> {
    pub(crate) fn new(endpoint: E) -> Self {
        Self(endpoint)
    }
}

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
