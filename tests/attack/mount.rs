//! The API as each framework serves it, called without a socket.

use std::error::Error;

use actix_web::{
    App,
    body::to_bytes,
    dev::{Payload, Service as _, ServiceResponse},
    error::PayloadError,
    http::Method,
    test::{TestRequest, init_service},
};
use axum::{Router, body::Body as AxumBody};
use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyDataStream, BodyExt};
use tower_service::Service as _;
use userbook_http::Endpoint;

use crate::setting::Mount;

/// An endpoint behind a framework.
pub(crate) enum Mounted<E> {
    Endpoint(E),
    Axum(Router),
    Actix(E),
}

impl<E: Endpoint> Mounted<E> {
    pub(crate) fn new(mount: Mount, api: E) -> Self {
        match mount {
            Mount::Endpoint => Self::Endpoint(api),
            Mount::Axum => Self::Axum(userbook_axum::router(api)),
            Mount::Actix => Self::Actix(api),
        }
    }

    pub(crate) async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        match self {
            Self::Endpoint(api) => api.respond(request).await,
            Self::Axum(router) => {
                let response = router.clone().call(request.map(AxumBody::new)).await.unwrap();
                let (head, body) = response.into_parts();
                Response::from_parts(head, body.collect().await.unwrap().to_bytes())
            }
            Self::Actix(api) => {
                let app = init_service(App::new().configure(userbook_actix::routes(api.clone()))).await;
                let (request, payload) = to_actix(request);
                let mut request = request.to_request();
                *request.payload() = payload;
                from_actix(app.call(request).await.unwrap()).await
            }
        }
    }
}

/// The request in the types of actix-web.
fn to_actix<B>(request: Request<B>) -> (TestRequest, Payload)
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let method = Method::from_bytes(head.method.as_str().as_bytes()).unwrap();
    let mut converted = TestRequest::with_uri(&head.uri.to_string()).method(method);
    for (name, value) in &head.headers {
        converted = converted.append_header((name.as_str(), value.as_bytes()));
    }
    let chunks =
        BodyDataStream::new(body).map_err(|error| PayloadError::Io(std::io::Error::other(error.into())));
    (converted, Payload::Stream { payload: Box::pin(chunks) })
}

async fn from_actix(response: ServiceResponse) -> Response<Bytes> {
    let mut converted = Response::builder().status(response.status().as_u16());
    for (name, value) in response.headers() {
        converted = converted.header(name.as_str(), value.as_bytes());
    }
    let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("bodies are complete"));
    converted.body(body).unwrap()
}
