//! The APIs as `tower` services.

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
    Authorizer, UserStore,
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};

use crate::{Authenticator, DirectoryApi, UserApi};

macro_rules! service {
    ($api:ident, $($port:ident)+, $authorizer:ident) => {
        impl<S, A, N, B> Service<Request<B>> for $api<S, A, N>
        where
            S: $($port +)+ 'static,
            A: $authorizer,
            N: Authenticator,
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
    };
}
service!(UserApi, UserStore, Authorizer);
service!(DirectoryApi, ProvisioningStore ListStore, ListAuthorizer);
