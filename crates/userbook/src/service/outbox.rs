//! Delivers events, at least once each.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{
    event::Event,
    model::ChangeId,
    store::{Outbox, OutboxLimit, StoreError},
};

/// Receives events for the host.
#[async_trait]
pub trait EventSink: Debug + Send + Sync + 'static {
    /// Receives an event. The same event may come again if its acknowledgement was lost; compare [`Event::id`].
    ///
    /// # Errors
    /// An error keeps the event pending; later events of this round are not delivered.
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Delivers pending events within `limit`, acknowledges them, and returns the count. If the count is not zero, call
/// again immediately; otherwise after a pause.
///
/// # Errors
/// [`StoreError`] when the store fails, and [`StoreErrorKind::Other`](crate::store::StoreErrorKind) with the sink's error
/// when the sink fails; events delivered before are acknowledged nevertheless.
pub async fn deliver(
    outbox: &(impl Outbox + ?Sized),
    sink: &(impl EventSink + ?Sized),
    limit: OutboxLimit,
) -> Result<usize, StoreError> {
    let mut taken: Vec<ChangeId> = Vec::new();
    let mut failure = None;
    for event in outbox.pending(limit).await? {
        if let Err(error) = sink.deliver(&event).await {
            failure = Some(StoreError::new(crate::store::StoreErrorKind::Other, error));
            break;
        }
        taken.push(event.id);
    }
    if !taken.is_empty() {
        outbox.ack(&taken).await?;
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(taken.len()),
    }
}
