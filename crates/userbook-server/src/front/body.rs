//! Receiving bodies: in time, and only so much of them at once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request};
use http_body::Frame;
use http_body_util::BodyExt;
use hyper::{
    Method,
    body::{Body as _, Bytes, Incoming},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use userbook_http::BodyError;

use super::whole;
use crate::Limits;

#[derive(Debug)]
pub(super) struct Bodies {
    limit: usize,
    time: Duration,
    /// One permit for each byte.
    memory: Arc<Semaphore>,
}

/// What bodies take of the memory for them, until this is dropped.
pub(super) type Room = Option<OwnedSemaphorePermit>;

impl Bodies {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.max_body,
            time: limits.body_timeout,
            memory: Arc::new(Semaphore::new(limits.body_memory.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// The request with its body whole. What became of a body that is too large, too slow or broken the API
    /// learns when it reads it, so that nobody hears of that before they are known to be allowed to write.
    pub(super) async fn receive(&self, request: Request<Incoming>) -> (Request, Room) {
        let (head, body) = request.into_parts();
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let is_read = matches!(head.method, Method::PUT | Method::PATCH | Method::POST);
        if !is_read || announced > self.limit {
            return (Request::from_parts(head, whole(body)), None);
        }
        let mut room = None;
        let body = match self.collect(body, &mut room).await {
            Ok(received) => Body::from(received),
            Err(error) => whole(Broken(Some(error))),
        };
        (Request::from_parts(head, body), room)
    }

    async fn collect(&self, mut body: Incoming, room: &mut Room) -> Result<Vec<u8>, axum::BoxError> {
        let until = Instant::now() + self.time;
        let mut received = Vec::new();
        while let Some(frame) = timeout_at(until, body.frame()).await.map_err(|_| BodyError::TimedOut)? {
            // Trailers mean nothing here.
            let Ok(data) = frame?.into_data() else { continue };
            self.reserve(data.len(), room)?;
            received.extend_from_slice(&data);
            if received.len() > self.limit {
                // So much is enough to see that it is too large.
                break;
            }
        }
        Ok(received)
    }

    fn reserve(&self, bytes: usize, room: &mut Room) -> Result<(), BodyError> {
        let bytes = u32::try_from(bytes).map_err(|_| BodyError::Overloaded)?;
        let more =
            Arc::clone(&self.memory).try_acquire_many_owned(bytes).map_err(|_| BodyError::Overloaded)?;
        match room {
            Some(room) => room.merge(more),
            None => *room = Some(more),
        }
        Ok(())
    }
}

/// A body that breaks off at once.
struct Broken(Option<axum::BoxError>);

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}
