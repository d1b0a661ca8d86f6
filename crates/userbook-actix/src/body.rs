//! Bridges bodies between actix and an endpoint: an actix payload is not `Send` and stays on its worker, while an
//! endpoint's body must be `Send`. A channel with a capacity of one chunk connects both. The payload is not read
//! before the endpoint polls the body for the first time, so that a denied caller causes no work that depends on
//! content.

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

/// The endpoint's end of the bridge.
#[derive(Debug)]
pub(crate) struct Incoming {
    chunks: Receiver<Chunk>,
    /// Signals the first poll.
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
            // Fails only after the payload is no longer read; then the channel is closed too.
            _ = start.send(());
        }
        self.chunks.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

/// Returns the response of `respond` while it reads the payload as far as the endpoint polls the body. Both run in the
/// caller's task; dropping this future stops both.
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

/// Sends the payload chunk by chunk, up to its end or error, or until the body is dropped.
async fn feed(payload: &mut Payload, sender: Sender<Chunk>) {
    while let Ok(room) = sender.reserve().await {
        match payload.next().await {
            Some(Ok(chunk)) => room.send(Ok(chunk)),
            Some(Err(error)) => return room.send(Err(error)),
            None => return,
        }
    }
}
