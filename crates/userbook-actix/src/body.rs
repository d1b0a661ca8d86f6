//! The bridge for bodies: actix reads a payload on the worker that owns it (it is not `Send`), an endpoint reads a
//! body that is. One channel with room for one chunk lies between them, so that nothing is taken off the wire
//! before the endpoint has asked for what was taken before.

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
use tokio::sync::mpsc::{Receiver, Sender, channel};

type Chunk = Result<Bytes, PayloadError>;

/// What arrives of a payload.
#[derive(Debug)]
pub(crate) struct Incoming(Receiver<Chunk>);

impl Body for Incoming {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

/// Answers with what `respond` makes of the payload, which is read meanwhile as far as it is asked for. Both run
/// within the caller's task: whoever drops this future stops both.
pub(crate) async fn bridge<R: Future>(payload: Payload, respond: impl FnOnce(Incoming) -> R) -> R::Output {
    let (sender, receiver) = channel(1);
    let response = pin!(respond(Incoming(receiver)));
    let feeding = pin!(feed(payload, sender));
    match select(response, feeding).await {
        Either::Left((response, _)) => response,
        Either::Right(((), response)) => response.await,
    }
}

/// Hands the payload on, chunk by chunk, up to its end or its failure, or until nobody reads any more.
async fn feed(mut payload: Payload, sender: Sender<Chunk>) {
    while let Ok(room) = sender.reserve().await {
        match payload.next().await {
            Some(Ok(chunk)) => room.send(Ok(chunk)),
            Some(Err(error)) => return room.send(Err(error)),
            None => return,
        }
    }
}
