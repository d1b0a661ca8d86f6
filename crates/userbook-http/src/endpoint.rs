//! What a shim plugs into its framework.

use std::{error::Error, future::Future};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use userbook::{Authorizer, UserStore};

use crate::{Authenticator, USERS_PATH, UserApi};

/// A finished API. Adapters for web frameworks are written once against this, and convert types only.
pub trait Endpoint: Clone + Send + Sync + 'static {
    /// The paths below which it answers, each with a slash at its end. What is elsewhere is the host's.
    const PATHS: &'static [&'static str];

    /// Answers a request; there is always an answer.
    fn respond<B>(&self, request: Request<B>) -> impl Future<Output = Response<Bytes>> + Send
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send;
}

impl<S: UserStore, A: Authorizer, N: Authenticator> Endpoint for UserApi<S, A, N> {
    const PATHS: &'static [&'static str] = &[USERS_PATH];

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}
