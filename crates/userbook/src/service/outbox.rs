//! Delivers events, at least once each.

use std::{error::Error, fmt::Debug};

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    event::Event,
    model::ChangeId,
    store::{Outbox, OutboxLimit, StoreError},
};

/// Receives events for the host.
///
/// An event that is always refused stops all later ones: after some attempts, put it aside in a place of your own and
/// return `Ok`. Several processes that deliver each receive all pending events: let one of them deliver, for example
/// the one that holds a lock of the database.
#[async_trait]
pub trait EventSink: Debug + Send + Sync + 'static {
    /// Receives an event. The same event may come again if its acknowledgement was lost; compare [`Event::id`].
    ///
    /// # Errors
    /// An error keeps the event pending; later events of this round are not delivered.
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// A delivery that stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sink did not take an event. The events before it are acknowledged.
    #[error("the sink did not take the event {}", event.0)]
    Sink {
        /// The event.
        event: ChangeId,
        /// The error of the sink.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Delivers pending events within `limit`, acknowledges them, and returns the count. If the count is not zero, call
/// again immediately; otherwise after a pause.
///
/// # Errors
/// [`DeliveryError`] when the store or the sink fails; events delivered before are acknowledged nevertheless. If
/// the acknowledgement fails too, the error is that of the store, the log has that of the sink, and the events come
/// again.
pub async fn deliver(
    outbox: &(impl Outbox + ?Sized),
    sink: &(impl EventSink + ?Sized),
    limit: OutboxLimit,
) -> Result<usize, DeliveryError> {
    let mut taken: Vec<ChangeId> = Vec::new();
    let mut failure = None;
    for event in outbox.pending(limit).await? {
        if let Err(source) = sink.deliver(&event).await {
            failure = Some(DeliveryError::Sink { event: event.id, source });
            break;
        }
        taken.push(event.id);
    }
    if !taken.is_empty()
        && let Err(error) = outbox.ack(&taken).await
    {
        if let Some(failure) = failure {
            tracing::warn!(error = &failure as &dyn Error, "events could not be delivered");
        }
        return Err(error.into());
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(taken.len()),
    }
}
