//! The readiness of the database.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::database::Database;

/// How long a result is reused, so that frequent checks do not load the database.
const FRESH: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Readiness {
    database: Database,
    time: Duration,
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    pub(super) fn new(database: Database, time: Duration) -> Self {
        Self { database, time, last: Mutex::new(None) }
    }

    /// Returns whether the database responded recently. At most one check runs at a time.
    pub(super) async fn is_ready(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((when, ready)) = *last
            && when.elapsed() < FRESH
        {
            return ready;
        }
        let ready = match timeout(self.time, self.database.ping()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the database is not ready");
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
