//! The bridge for bodies: actix reads a payload on the worker that owns it (it is not `Send`), an endpoint reads a
//! body that is. Nothing is read before the endpoint polls the body for the first time: a caller who is denied causes no
//! work that depends on content. From then on one channel with room for one chunk lies between the two.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use actix_web::{
    error::PayloadError,
    web::{Bytes, Payload},
};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use http_body::{Body, Frame};
use tokio::sync::{
    mpsc::{Receiver, Sender, channel},
    oneshot,
};

type Chunk = Result<Bytes, PayloadError>;

/// What arrives of a payload.
#[derive(Debug)]
pub(crate) struct Incoming {
    chunks: Receiver<Chunk>,
    /// Sent with the first poll.
    start: Option<oneshot::Sender<()>>,
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        if let Some(start) = self.start.take() {
            // Fails only if the payload is no longer read; then the channel is closed as well.
            _ = start.send(());
        }
        self.chunks.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

/// Answers with what `respond` makes of the payload, which is read meanwhile as far as the endpoint polls the body. Both
/// run within the caller's task: dropping this future stops both.
pub(crate) async fn bridge<R: Future>(
    mut payload: Payload,
    respond: impl FnOnce(Incoming) -> R,
) -> R::Output {
    let (sender, chunks) = channel(1);
    let (start, started) = oneshot::channel();
    let response = pin!(respond(Incoming { chunks, start: Some(start) }));
    let feeding = pin!(async {
        if started.await.is_ok() {
            feed(&mut payload, sender).await;
        }
    });
    match select(response, feeding).await {
        Either::Left((response, _)) => response,
        Either::Right(((), response)) => response.await,
    }
}

/// Sends the payload, chunk by chunk, up to its end or failure, or until the body is dropped.
async fn feed(payload: &mut Payload, sender: Sender<Chunk>) {
    while let Ok(room) = sender.reserve().await {
        match payload.next().await {
            Some(Ok(chunk)) => room.send(Ok(chunk)),
            Some(Err(error)) => return room.send(Err(error)),
            None => return,
        }
    }
}
