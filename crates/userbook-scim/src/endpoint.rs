//! The provider as an endpoint of the framework adapters.

use std::error::Error;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
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
