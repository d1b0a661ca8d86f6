//! The outbox: events that are not delivered yet.

use userbook::{ChangeId, Event, OutboxLimit, Timestamp};

use crate::{
    backend::{Backend, Connection, execute, fetch_all},
    decode,
    encode::saturating,
    error::SqlError,
    value::Value,
};

pub(crate) async fn pending<B: Backend>(
    connection: &mut Connection<B>,
    limit: OutboxLimit,
) -> Result<Vec<Event>, SqlError<B>> {
    let parameters =
        [("max_events", i64::from(limit.events).into()), ("max_bytes", saturating(limit.bytes).into())];
    let rows = fetch_all::<B>(connection, &B::statements().pending_events, &parameters).await?;
    rows.iter().map(|row| Ok(decode::event(row)?)).collect()
}

pub(crate) async fn ack<B: Backend>(
    connection: &mut Connection<B>,
    ids: &[ChangeId],
) -> Result<(), SqlError<B>> {
    let ids = Value::Uuids(ids.iter().map(|id| id.0).collect());
    execute::<B>(connection, &B::statements().ack_events, &[("ids", ids)]).await?;
    Ok(())
}

pub(crate) async fn prune_before<B: Backend>(
    connection: &mut Connection<B>,
    time: Timestamp,
) -> Result<u64, SqlError<B>> {
    Ok(execute::<B>(connection, &B::statements().prune_events, &[("before", time.into())]).await?)
}
