//! The provider as an endpoint of the framework adapters, and as a `tower` service.

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
use userbook::{
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};
use userbook_http::{Endpoint, PathPattern};

use crate::{Connections, SCIM_PATH, ScimApi};

impl<S, A, C> Endpoint for ScimApi<S, A, C>
where
    S: ProvisioningStore + ListStore + 'static,
    A: ListAuthorizer,
    C: Connections,
{
    const PATHS: &'static [PathPattern] = &[PathPattern::Below(SCIM_PATH)];

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}

impl<S, A, C, B> Service<Request<B>> for ScimApi<S, A, C>
where
    S: ProvisioningStore + ListStore + 'static,
    A: ListAuthorizer,
    C: Connections,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let api = self.clone();
        Box::pin(async move { Ok(api.handle(request).await.map(Full::new)) })
    }
}
