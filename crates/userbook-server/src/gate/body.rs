//! Receives a body only when the API polls it, with limits of time, size and memory, and without a slot while data is
//! awaited.

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
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use userbook_http::BodyError;

use super::{admission::Admission, exchange::Exchange};
use crate::Limits;

/// The limits of bodies.
#[derive(Debug)]
pub(super) struct BodyBudget {
    limit: usize,
    time: Duration,
    /// One permit per byte.
    memory: Arc<Semaphore>,
}

impl BodyBudget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.max_body,
            time: limits.body_timeout,
            memory: Arc::new(Semaphore::new(limits.body_memory.min(Semaphore::MAX_PERMITS))),
        }
    }

    fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyError> {
        let bytes = u32::try_from(bytes).map_err(|_| BodyError::Overloaded)?;
        Arc::clone(&self.memory).try_acquire_many_owned(bytes).map_err(|_| BodyError::Overloaded)
    }
}

type Readmission = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>;

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
    budget: Arc<BodyBudget>,
    deadline: Option<Pin<Box<Sleep>>>,
    received: usize,
    stage: Stage,
}

impl<B> RequestBody<B> {
    pub(super) fn new(
        incoming: B,
        exchange: Arc<Exchange<B>>,
        admission: Arc<Admission>,
        budget: Arc<BodyBudget>,
    ) -> Self {
        Self {
            incoming: Some(incoming),
            exchange,
            admission,
            budget,
            deadline: None,
            received: 0,
            stage: Stage::Receiving,
        }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> RequestBody<B> {
    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
            if incoming.is_end_stream() {
                self.incoming = None;
                return Poll::Ready(None);
            }
            if self.received > self.budget.limit {
                // The API knows that the body is too large.
                return Poll::Ready(None);
            }
            let Poll::Ready(frame) = Pin::new(incoming).poll_frame(context) else {
                self.exchange.release_place();
                let time = self.budget.time;
                let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(time)));
                ready!(deadline.as_mut().poll(context));
                return Poll::Ready(Some(Err(BodyError::TimedOut.into())));
            };
            match frame {
                Some(Ok(frame)) => {
                    // Trailers are ignored.
                    let Ok(data) = frame.into_data() else { continue };
                    self.exchange.hold_memory(self.budget.reserve(data.len())?);
                    self.received += data.len();
                    return Poll::Ready(Some(Ok(data)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => self.incoming = None,
            }
        }
    }

    fn readmission(&self) -> Readmission {
        let admission = Arc::clone(&self.admission);
        Box::pin(async move { admission.acquire().await })
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
