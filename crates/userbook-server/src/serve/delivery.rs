//! Starts the delivery of events and the deletion of old ones.

use std::{error::Error, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};

use crate::{
    Settings,
    database::Database,
    events::{self, Delivery, Destination, EventTarget, FileSink, StdoutSink, TenantSink, WebhookSink},
};

/// The destinations of events.
pub(crate) type Sinks = Vec<(Destination, Arc<dyn TenantSink>)>;

/// The running delivery.
pub(super) struct RunningDelivery {
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

/// Opens the sinks of the settings.
///
/// # Errors
/// If a file cannot be opened, a URL is invalid, or a thread cannot be started.
pub(super) fn sinks(settings: &Settings) -> Result<Sinks, Box<dyn Error + Send + Sync>> {
    let secret = settings.webhook_secret.as_ref().map(|secret| secret.0.as_str());
    let open = |target: &EventTarget| -> Result<Arc<dyn TenantSink>, Box<dyn Error + Send + Sync>> {
        Ok(match target {
            EventTarget::Stdout => Arc::new(StdoutSink::start()?),
            EventTarget::File(path) => {
                Arc::new(FileSink::start(path, settings.events_file_size, settings.events_files)?)
            }
            EventTarget::Webhook(url) => Arc::new(WebhookSink::new(url, secret)?),
        })
    };
    let mut sinks = Sinks::new();
    for target in &settings.events {
        let destination = target.destination();
        // A repeated destination is one destination.
        if !sinks.iter().any(|(known, _)| *known == destination) {
            sinks.push((destination, open(target)?));
        }
    }
    Ok(sinks)
}

/// Starts the tasks.
pub(super) fn start(settings: &Settings, database: &Database, sinks: Sinks) -> RunningDelivery {
    let unwanted = sinks.is_empty();
    let (outbox, coordination) = (database.outbox.clone(), database.coordination.clone());
    tokio::spawn(events::keep_pruning(outbox, coordination, settings.events_keep, unwanted));
    let (stop, stopped) = watch::channel(false);
    let max_bytes = settings.policy().limits().outbox_bytes;
    let tries = settings.events_tries;
    let task = (!unwanted).then(|| {
        let (outbox, coordination) = (database.outbox.clone(), database.coordination.clone());
        let sinks = sinks.into_iter().map(|(destination, sink)| (destination, sink as _)).collect();
        tokio::spawn(Delivery::new(outbox, coordination, sinks, max_bytes, tries).run(stopped))
    });
    RunningDelivery { stop, task }
}

impl RunningDelivery {
    /// Starts a task that ends some time after the value of the channel is true.
    pub(super) fn start<F>(task: impl FnOnce(watch::Receiver<bool>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        let task = Some(tokio::spawn(task(stopped)));
        Self { stop, task }
    }

    /// Delivers what is pending, as far as that takes a short time.
    pub(super) async fn finish(self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task {
            // A task that panicked has delivered what it could.
            _ = task.await;
        }
    }
}
