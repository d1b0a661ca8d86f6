//! Batches, with pauses that let other writers in.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use userbook::store::{Batch, BatchStore, StoreError};

use crate::{SqlStore, SqlTransaction, backend::Backend};

/// The time after which a run of batches pauses.
const RUN: Duration = Duration::from_millis(500);

/// The pause: longer than SQLite's longest wait between two attempts to get the lock, 100 ms.
const PAUSE: Duration = Duration::from_millis(110);

/// The start of the present run of batches, and of its last batch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batches(Arc<Mutex<Option<(Instant, Instant)>>>);

impl Batches {
    /// Returns whether the next batch waits for [`PAUSE`]: other writers of a SQLite file try again and again, and
    /// batch after batch would leave them only moments.
    fn pauses(&self, now: Instant) -> bool {
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = match *run {
            Some((start, last)) if now.duration_since(last) < PAUSE => start,
            _ => now,
        };
        let pauses = now.duration_since(start) >= RUN;
        let later = now + PAUSE;
        *run = Some(if pauses { (later, later) } else { (start, now) });
        pauses
    }
}

#[async_trait]
impl<B: Backend> Batch for SqlTransaction<B> {
    async fn finish(&self) -> Result<(), StoreError> {
        SqlTransaction::commit(self).await
    }
}

#[async_trait]
impl<B: Backend> BatchStore for SqlStore<B> {
    async fn begin_batch(&self) -> Result<Arc<dyn Batch>, StoreError> {
        if B::WRITERS_TRY_AGAIN && self.batches().pauses(Instant::now()) {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Arc::new(self.transaction().await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_batches_pauses_and_single_ones_do_not() {
        let (batches, start) = (Batches::default(), Instant::now());
        let at = |ms| batches.pauses(start + Duration::from_millis(ms));
        for (ms, pauses) in [
            (0, false),
            (100, false),
            (200, false),
            (300, false),
            (400, false),
            (500, true),
            // The next run.
            (610, false),
            (1100, false),
            // Rare batches.
            (2000, false),
            (3000, false),
            (4000, false),
        ] {
            assert_eq!(at(ms), pauses, "{ms} ms");
        }
    }
}
