//! Lets a client that is still sending read an early response.
//!
//! The operating system resets a connection that is closed with unread data, and the client may lose the response. So
//! the server discards the rest of the body within limits before it closes the connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{BoxError, body::Body, response::Response};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::{
    StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{CONNECTION, HeaderValue},
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until, timeout_at},
};

use super::head::InRequest;

/// The maximum number of bytes to discard.
const MAX_BYTES: usize = 256 * 1024;

/// The maximum time to discard data after the response.
const MAX_TIME: Duration = Duration::from_secs(1);

/// Discards the rest of the body once the response is written. The connection stays usable if the rest is known to be
/// small.
pub(super) fn linger(mut response: Response, unread: Unread, expects_continue: bool) -> Response {
    let is_small = unread.body.size_hint().upper().is_some_and(|rest| rest <= MAX_BYTES as u64);
    // The rest may never arrive: from a client that waits for `100 Continue`, or after a timeout.
    let may_never_come = expects_continue || response.status() == StatusCode::REQUEST_TIMEOUT;
    if !is_small || may_never_come {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if expects_continue && response.body().is_end_stream() {
        // Polling the body earlier would send `100 Continue`.
        return response;
    }
    response.map(|body| Body::new(LingeringBody { body, unread: Some(unread) }))
}

/// The rest of the body of a request. Until it is dropped, what arrives belongs to this request.
pub(super) struct Unread {
    body: Incoming,
    _in_request: InRequest,
}

impl Unread {
    pub(super) fn new(body: Incoming, in_request: InRequest) -> Self {
        Self { body, _in_request: in_request }
    }
}

/// The body of a response. Once hyper drops it, the head is written.
struct LingeringBody {
    body: Body,
    unread: Option<Unread>,
}

impl http_body::Body for LingeringBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for LingeringBody {
    fn drop(&mut self) {
        if let Some(unread) = self.unread.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(discard(unread));
        }
    }
}

async fn discard(mut unread: Unread) {
    let deadline = Instant::now() + MAX_TIME;
    let mut rest = MAX_BYTES;
    while let Ok(frame) = timeout_at(deadline, unread.body.frame()).await {
        // The end of the body, or a disconnected client.
        let Some(Ok(frame)) = frame else { return };
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = rest.checked_sub(length) else {
            // Dropping the body closes the connection; until then the client can read the response.
            sleep_until(deadline).await;
            return;
        };
        rest = less;
    }
}
