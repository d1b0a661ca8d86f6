//! The outbox: events that are not yet delivered.

use userbook::{
    Timestamp,
    event::Event,
    model::ChangeId,
    store::{OutboxLimit, StoreError},
};

use super::{MySqlStore, bind::Bound, error::failure, sql};
use crate::{
    decode,
    encode::{hex_list, saturating},
};

impl MySqlStore {
    pub(super) async fn pending_events(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        let rows = sqlx::query(sql::PENDING_EVENTS)
            .bind(limit.events)
            .bind(saturating(limit.bytes))
            .fetch_all(&mut *lease)
            .await
            .map_err(failure)?;
        lease.give_back();
        rows.iter().map(|row| Ok(decode::event(row)?)).collect()
    }

    pub(super) async fn ack_events(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let list = hex_list(ids.iter().map(|id| id.0));
        self.write(sqlx::query(sql::ACK_EVENTS).bind(list)).await?;
        Ok(())
    }

    pub(super) async fn prune_events(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.write(sqlx::query(sql::PRUNE_EVENTS).bind(time.naive_utc())).await
    }

    /// One statement that is a transaction by itself; tells how many rows it wrote.
    async fn write(&self, statement: Bound<'_>) -> Result<u64, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        let done = statement.execute(&mut *lease).await.map_err(failure)?;
        lease.give_back();
        Ok(done.rows_affected())
    }
}
