//! The outbox: events that are not yet delivered.

use userbook::{
    Timestamp,
    event::Event,
    model::ChangeId,
    store::{OutboxLimit, StoreError},
};

use super::{SqliteStore, error::failure, sql};
use crate::{
    decode,
    encode::{hex_list, saturating},
};

impl SqliteStore {
    pub(super) async fn pending_events(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query(sql::PENDING_EVENTS)
            .bind(limit.events)
            .bind(saturating(limit.bytes))
            .fetch_all(self.pool())
            .await
            .map_err(failure)?;
        rows.iter().map(|row| Ok(decode::event(row)?)).collect()
    }

    pub(super) async fn ack_events(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let list = hex_list(ids.iter().map(|id| id.0));
        sqlx::query(sql::ACK_EVENTS).bind(list).execute(self.pool()).await.map_err(failure)?;
        Ok(())
    }

    pub(super) async fn prune_events(&self, time: Timestamp) -> Result<u64, StoreError> {
        let pruned = sqlx::query(sql::PRUNE_EVENTS)
            .bind(time.timestamp_micros())
            .execute(self.pool())
            .await
            .map_err(failure)?;
        Ok(pruned.rows_affected())
    }
}
