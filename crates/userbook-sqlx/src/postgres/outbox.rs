//! The outbox: events that are not yet delivered.

use userbook::{
    Timestamp,
    event::Event,
    model::ChangeId,
    store::{OutboxLimit, StoreError},
};
use uuid::Uuid;

use super::{PostgresStore, error::failure, sql};
use crate::{decode, encode};

impl PostgresStore {
    pub(super) async fn pending_events(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query(sql::PENDING_EVENTS)
            .bind(i64::from(limit.events))
            .bind(encode::saturating(limit.bytes))
            .fetch_all(self.pool())
            .await
            .map_err(failure)?;
        rows.iter().map(|row| Ok(decode::event(row)?)).collect()
    }

    pub(super) async fn ack_events(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        sqlx::query(sql::ACK_EVENTS).bind(ids).execute(self.pool()).await.map_err(failure)?;
        Ok(())
    }

    pub(super) async fn prune_events(&self, time: Timestamp) -> Result<u64, StoreError> {
        let pruned = sqlx::query(sql::PRUNE_EVENTS).bind(time).execute(self.pool()).await.map_err(failure)?;
        Ok(pruned.rows_affected())
    }
}
