//! The outbox: events that are not delivered yet.

use sqlx::{Connection as _, SqlSafeStr};
use userbook::{Timestamp, event::Event, model::ChangeId, store::OutboxLimit};

use crate::{
    backend::Backend,
    decode,
    driver::{Conn, execute, fetch_all},
    encode::saturating,
    error::SqlResult,
    value::Value,
};

pub(crate) async fn pending<B: Backend>(conn: &mut Conn<B>, limit: OutboxLimit) -> SqlResult<B, Vec<Event>> {
    let parameters =
        [("max_events", i64::from(limit.events).into()), ("max_bytes", saturating(limit.bytes).into())];
    let rows = fetch_all::<B>(conn, &B::statements().pending_events, &parameters).await?;
    rows.iter().map(|row| Ok(decode::event(row)?)).collect()
}

pub(crate) async fn ack<B: Backend>(conn: &mut Conn<B>, ids: &[ChangeId]) -> SqlResult<B, ()> {
    let ids = Value::Uuids(ids.iter().map(|id| id.0).collect());
    execute::<B>(conn, &B::statements().ack_events, &[("ids", ids)]).await?;
    Ok(())
}

/// The number of events that one statement deletes: other writers wait for it.
pub(crate) const PRUNED_AT_ONCE: u32 = 1000;

/// Deletes some acknowledged events from before `time`: fewer than [`PRUNED_AT_ONCE`] if no more are left,
/// or another process prunes.
pub(crate) async fn prune_some<B: Backend>(conn: &mut Conn<B>, time: Timestamp) -> SqlResult<B, u64> {
    let parameters = [("before", time.into()), ("limit", i64::from(PRUNED_AT_ONCE).into())];
    let mut transaction = conn.begin_with(B::BEGIN.into_sql_str()).await?;
    let deleted = execute::<B>(&mut transaction, &B::statements().prune_events, &parameters).await?;
    transaction.commit().await?;
    Ok(deleted)
}
