//! The outbox: events that are not delivered yet.

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

pub(crate) async fn prune_before<B: Backend>(conn: &mut Conn<B>, time: Timestamp) -> SqlResult<B, u64> {
    Ok(execute::<B>(conn, &B::statements().prune_events, &[("before", time.into())]).await?)
}
