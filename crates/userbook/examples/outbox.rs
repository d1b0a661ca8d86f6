//! Delivers audit events: each change leaves one event in the store, and a background task hands the events on.
//!
//! ```sh
//! cargo run -p userbook --example outbox
//! ```
#![allow(clippy::print_stdout, reason = "the example shows its result")]

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::watch;
use userbook::{
    Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService, UserUpdate,
    event::Event,
    service::{EventSink, deliver},
    store::{Outbox, OutboxLimit},
};
use userbook_memory::MemoryStore;

/// Your receiver: a queue, a log, an HTTP endpoint.
#[derive(Debug)]
struct Printer;

#[async_trait]
impl EventSink for Printer {
    /// An error keeps the event for the next round. After a crash an event may come again: `event.id` identifies it.
    async fn deliver(&self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        println!("{}", serde_json::to_string(event)?);
        Ok(())
    }
}

/// Delivers events until `stop` is true, and then those that are still pending.
async fn deliver_all(outbox: impl Outbox, sink: impl EventSink, mut stop: watch::Receiver<bool>) {
    let limit = OutboxLimit { events: 100, bytes: 1024 * 1024 };
    loop {
        // Read before the delivery: the last round sees every event from before the stop.
        let stopping = *stop.borrow();
        match deliver(&outbox, &sink, limit).await {
            Ok(delivered) if delivered > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "events could not be delivered"),
        }
        if stopping {
            return;
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = Arc::new(MemoryStore::new());
    let (stop, stopped) = watch::channel(false);
    let delivery = tokio::spawn(deliver_all(Arc::clone(&store), Printer, stopped));

    let service = UserService::new(store, PermissionAuthorizer::new(StaticPermissions::none()));
    let host = Actor::system();
    let ada = service.insert_user(&host, NewUser::new("ada", "Ada")).request_id("req-1").await?.view.user.id;
    service.update_user(&host, ada, UserUpdate::patch().name("Ada Lovelace")).request_id("req-2").await?;

    stop.send(true)?;
    Ok(delivery.await?)
}
