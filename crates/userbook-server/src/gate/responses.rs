//! Counts the bytes of responses until the client has read them.
//!
//! A slow client keeps its response in memory until the write timeout. A request that only reads gets 503 instead of a
//! response that does not fit. The response to a write always passes, because a 503 states that nothing was written;
//! it counts nevertheless, and new requests get 503 while the memory is exhausted.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    BoxError,
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use hyper::{
    body::{Body as _, Bytes},
    header::{ACCEPT, HeaderValue},
};
use userbook_http::{ExtensionSet, busy};

use super::memory::{MemoryBudget, Reservation};
use crate::metrics::{Metrics, Saturation};

/// The maximum size in bytes of a response that is not counted. Each connection has one response at most.
const SMALL: u64 = 4 * 1024;

/// What the layer needs.
#[derive(Debug, Clone)]
pub(super) struct Responses {
    pub(super) memory: Arc<MemoryBudget>,
    pub(super) extensions: ExtensionSet,
    pub(super) metrics: Metrics,
}

/// The layer.
pub(super) async fn count(State(responses): State<Responses>, request: Request, next: Next) -> Response {
    let caller = responses.memory.caller(request.headers());
    // A write must not be reported as one that did nothing.
    let read = request.method().is_safe().then(|| request.headers().get(ACCEPT).cloned());
    let response = next.run(request).await;
    let Some(bytes) = response.body().size_hint().exact().filter(|&bytes| bytes > SMALL) else {
        return response;
    };
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    let mut reservation = responses.memory.reservation(caller);
    if reservation.grow(bytes).is_err() {
        if let Some(accept) = read {
            responses.metrics.rejected(Saturation::ResponseMemory);
            return responses.rejection(accept);
        }
        reservation.force(bytes);
    }
    response.map(|body| Body::new(CountedBody { body, reservation: Arc::new(reservation) }))
}

impl Responses {
    fn rejection(&self, accept: Option<HeaderValue>) -> Response {
        let mut head = hyper::Request::new(());
        head.headers_mut().extend(accept.map(|accept| (ACCEPT, accept)));
        busy(&head, self.extensions).map(Body::from)
    }
}

/// A body whose bytes hold the reservation until the connection has written them.
struct CountedBody {
    body: Body,
    reservation: Arc<Reservation>,
}

/// Bytes with their reservation.
struct Counted {
    bytes: Bytes,
    _reservation: Arc<Reservation>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let reservation = Arc::clone(&self.reservation);
        Pin::new(&mut self.body).poll_frame(context).map_err(Into::into).map_ok(|frame| {
            frame.map_data(|bytes| Bytes::from_owner(Counted { bytes, _reservation: reservation }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn_with_state, routing::any};
    use http_body_util::BodyExt;
    use hyper::{Method, StatusCode};
    use tower_service::Service;

    use super::*;

    const SIZE: usize = 8 * 1024;

    fn router(memory: &Arc<MemoryBudget>) -> Router {
        let responses = Responses {
            memory: Arc::clone(memory),
            extensions: ExtensionSet::all(),
            metrics: Metrics::new(),
        };
        Router::new()
            .route("/large", any(async || "x".repeat(SIZE)))
            .route("/small", any(async || "x"))
            .layer(from_fn_with_state(responses, count))
    }

    async fn send(router: &mut Router, method: Method, path: &str) -> Response {
        router.call(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn bytes_count_until_they_are_written() {
        let memory = Arc::new(MemoryBudget::new(10 * SIZE, SIZE));
        let mut router = router(&memory);
        let mut body = send(&mut router, Method::GET, "/large").await.into_body();
        assert_eq!(body.size_hint().exact(), Some(SIZE as u64));
        assert_eq!(memory.used(), SIZE);
        let bytes = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(body);
        assert_eq!((bytes.len(), memory.used()), (SIZE, SIZE));
        drop(bytes);
        assert_eq!(memory.used(), 0);
    }

    #[tokio::test]
    async fn reads_that_do_not_fit_get_503_and_writes_pass() {
        let memory = Arc::new(MemoryBudget::new(2 * SIZE, SIZE));
        let mut router = router(&memory);
        let first = send(&mut router, Method::GET, "/large").await;
        assert_eq!(first.status(), StatusCode::OK);
        let second = send(&mut router, Method::GET, "/large").await;
        assert_eq!(
            (second.status(), second.headers().contains_key("retry-after")),
            (StatusCode::SERVICE_UNAVAILABLE, true)
        );
        let small = send(&mut router, Method::GET, "/small").await;
        assert_eq!(small.status(), StatusCode::OK);
        let write = send(&mut router, Method::PATCH, "/large").await;
        assert_eq!((write.status(), memory.used()), (StatusCode::OK, 2 * SIZE));
        drop((first, write));
        assert_eq!(memory.used(), 0);
        assert_eq!(send(&mut router, Method::GET, "/large").await.status(), StatusCode::OK);
    }
}
