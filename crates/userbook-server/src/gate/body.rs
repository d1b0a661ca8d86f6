//! Receives a body only when the API polls it, with limits of time, rate, size and memory, and without a slot while
//! data is awaited.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::BoxError;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};
use userbook_http::BodyError;

use super::{
    admission::{Admission, Place},
    exchange::Exchange,
};
use crate::{
    Limits,
    metrics::{Metrics, Saturation},
};

/// The time before the minimum rate of a body applies.
const GRACE: Duration = Duration::from_secs(5);

/// The limits of one body.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    bytes: usize,
    time: Duration,
    /// Bytes per second.
    rate: u32,
}

impl BodyLimits {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { bytes: limits.max_body, time: limits.body_timeout, rate: limits.body_rate }
    }

    /// The maximum time until the next byte after this number of bytes has arrived.
    fn time_for(&self, received: usize) -> Duration {
        let received = u32::try_from(received).unwrap_or(u32::MAX);
        let at_rate = Duration::from_secs(received.into()) / self.rate.max(1);
        self.time.min(GRACE + at_rate)
    }
}

type Readmission = Pin<Box<dyn Future<Output = Option<Place>> + Send>>;

enum Stage {
    Receiving,
    /// The body is complete; a request that released its slot waits for a new one.
    Returning(Option<Readmission>),
    Ended,
}

/// The body of a request. Before the first poll it uses no memory, and the client receives no `100 Continue`.
///
/// While data is awaited, the request has no slot, so that slow clients do not block other requests. An incompletely
/// read body is returned to the [`Exchange`] on drop.
pub(super) struct RequestBody<B> {
    /// `None` after the end.
    incoming: Option<B>,
    exchange: Arc<Exchange<B>>,
    admission: Arc<Admission>,
    limits: BodyLimits,
    metrics: Metrics,
    /// When the body was first awaited, and the deadline of the next byte.
    awaited: Option<(Instant, Pin<Box<Sleep>>)>,
    received: usize,
    /// The client waits for `100 Continue`: no data is at hand.
    is_announced: bool,
    stage: Stage,
}

impl<B> RequestBody<B> {
    pub(super) fn new(
        incoming: B,
        exchange: Arc<Exchange<B>>,
        admission: Arc<Admission>,
        limits: BodyLimits,
        metrics: Metrics,
    ) -> Self {
        Self {
            incoming: Some(incoming),
            exchange,
            admission,
            limits,
            metrics,
            awaited: None,
            received: 0,
            is_announced: false,
            stage: Stage::Receiving,
        }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> RequestBody<B> {
    /// Marks a body that the client sends only after `100 Continue`.
    pub(super) fn announced(mut self, is_announced: bool) -> Self {
        self.is_announced = is_announced;
        self
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        if mem::take(&mut self.is_announced) {
            // Polling sends `100 Continue` from another thread: the client must find the slot free then.
            self.exchange.release_place();
        }
        loop {
            let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
            if incoming.is_end_stream() {
                self.incoming = None;
                return Poll::Ready(None);
            }
            if self.received > self.limits.bytes {
                // The API knows that the body is too large.
                return Poll::Ready(None);
            }
            let Poll::Ready(frame) = Pin::new(incoming).poll_frame(context) else {
                self.exchange.release_place();
                ready!(self.poll_deadline(context));
                return Poll::Ready(Some(Err(BodyError::TimedOut.into())));
            };
            match frame {
                Some(Ok(frame)) => {
                    // Trailers are ignored.
                    let Ok(data) = frame.into_data() else { continue };
                    if self.exchange.reserve(data.len()).is_err() {
                        self.metrics.rejected(Saturation::BodyMemory);
                        return Poll::Ready(Some(Err(BodyError::Overloaded.into())));
                    }
                    self.received += data.len();
                    return Poll::Ready(Some(Ok(data)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => self.incoming = None,
            }
        }
    }

    /// Ready when the next byte is late.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let time = self.limits.time_for(self.received);
        let (start, deadline) = self.awaited.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + time)))
        });
        if deadline.deadline() != *start + time {
            deadline.as_mut().reset(*start + time);
        }
        deadline.as_mut().poll(context)
    }

    fn readmission(&self) -> Readmission {
        let (admission, tenant) = (Arc::clone(&self.admission), self.exchange.tenant().cloned());
        Box::pin(async move { admission.acquire(tenant.as_ref()).await })
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        loop {
            match &mut this.stage {
                Stage::Receiving => match ready!(this.poll_data(context)) {
                    Some(Ok(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                    Some(Err(error)) => {
                        this.stage = Stage::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                    None => {
                        let waits = (!this.exchange.has_place()).then(|| this.readmission());
                        this.stage = Stage::Returning(waits);
                    }
                },
                Stage::Returning(None) => this.stage = Stage::Ended,
                Stage::Returning(Some(readmission)) => {
                    let place = ready!(readmission.as_mut().poll(context));
                    this.stage = Stage::Ended;
                    match place {
                        Some(place) => this.exchange.hold_place(place),
                        None => return Poll::Ready(Some(Err(BodyError::Overloaded.into()))),
                    }
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B> Drop for RequestBody<B> {
    fn drop(&mut self) {
        if let Some(unread) = mem::take(&mut self.incoming) {
            self.exchange.keep_unread(unread);
        }
    }
}

#[cfg(test)]
mod tests;
