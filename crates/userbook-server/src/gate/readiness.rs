//! The readiness of the database.

use std::{
    error::Error,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::database::Reachable;

/// How long a result is reused, so that frequent checks do not load the database.
const FRESH: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Readiness {
    database: Arc<dyn Reachable>,
    time: Duration,
    last: Mutex<Option<(Instant, bool)>>,
    was_in_place: AtomicBool,
}

impl Readiness {
    pub(super) fn new(database: Arc<dyn Reachable>, time: Duration) -> Self {
        Self { database, time, last: Mutex::new(None), was_in_place: AtomicBool::new(true) }
    }

    /// Returns whether the database is still the one that was opened. Takes one system call.
    pub(super) fn is_in_place(&self) -> bool {
        let is_in_place = self.database.is_in_place();
        match (self.was_in_place.swap(is_in_place, Ordering::Relaxed), is_in_place) {
            (true, false) => {
                tracing::error!(
                    "the database file was deleted or replaced: put it back, or restart the server"
                );
            }
            (false, true) => tracing::warn!("the database file is back"),
            _ => {}
        }
        is_in_place
    }

    /// Returns whether the database responded recently. At most one check runs at a time.
    pub(super) async fn is_ready(&self) -> bool {
        if !self.is_in_place() {
            return false;
        }
        let mut last = self.last.lock().await;
        if let Some((when, ready)) = *last
            && when.elapsed() < FRESH
        {
            return ready;
        }
        let ready = match timeout(self.time, self.database.ping()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = &*error as &dyn Error, "the database is not ready");
                false
            }
            Err(_) => {
                tracing::warn!("the database did not respond in time");
                false
            }
        };
        *last = Some((Instant::now(), ready));
        ready
    }
}
