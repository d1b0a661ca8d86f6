//! Coordination by tables.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use async_trait::async_trait;
use userbook::{
    Timestamp,
    clock::{Clock, SystemClock},
    event::Event,
    model::ChangeId,
    store::{OutboxLimit, StoreError},
};
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Statement, execute, fetch, required},
};

use super::{Coordination, Delivered, Destination, FailedEvent, PendingEvent};
use crate::auth::AuthBackend;

/// `statement!("claim")`: the statement in the file of this name.
macro_rules! statement {
    ($name:literal) => {
        Statement::new(include_str!(concat!("../sql/", $name, ".sql")))
    };
}

static CLAIM: Statement = statement!("claim");
static RELEASE: Statement = statement!("release");
static PENDING: Statement = statement!("pending");
static LAST_POSITION: Statement = statement!("last_position");
static COUNT_PENDING: Statement = statement!("count_pending");
static LIST_DELIVERED: Statement = statement!("list_delivered");
static DELETE_DELIVERED: Statement = statement!("delete_delivered");
static PUT_DELIVERED: Statement = statement!("put_delivered");
static CLEAN_DELIVERED: Statement = statement!("clean_delivered");
static DELETE_FAILED: Statement = statement!("delete_failed");
static PUT_FAILED: Statement = statement!("put_failed");
static LIST_FAILED: Statement = statement!("list_failed");
static COUNT_FAILED: Statement = statement!("count_failed");
static COUNT_RETRIES: Statement = statement!("count_retries");
static LIST_RETRIES: Statement = statement!("list_retries");
static RETRY_FAILED: Statement = statement!("retry_failed");
static PRUNE_FAILED: Statement = statement!("prune_failed");

#[derive(Debug)]
pub(crate) struct SqlCoordination<B: AuthBackend> {
    store: SqlStore<B>,
}

impl<B: AuthBackend> SqlCoordination<B> {
    pub(crate) fn new(store: SqlStore<B>) -> Self {
        Self { store }
    }
}

#[async_trait]
impl<B: AuthBackend> Coordination for SqlCoordination<B> {
    async fn claim(&self, holder: &str, time: Duration) -> Result<bool, StoreError> {
        let now = SystemClock.now().timestamp_micros();
        let time = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let parameters = [
            ("holder", holder.into()),
            ("expires", now.saturating_add(time).into()),
            ("name", "events".into()),
            ("now", now.into()),
        ];
        Ok(execute(&self.store, &CLAIM, &parameters).await? > 0)
    }

    async fn release(&self, holder: &str) -> Result<(), StoreError> {
        execute(&self.store, &RELEASE, &[("holder", holder.into()), ("name", "events".into())]).await?;
        Ok(())
    }

    async fn pending(
        &self,
        destination: &str,
        after: i64,
        limit: OutboxLimit,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        let parameters = [
            ("after", after.into()),
            ("sink", format!("% {destination} %").into()),
            ("max_events", i64::from(limit.events).into()),
            ("max_bytes", i64::try_from(limit.bytes).unwrap_or(i64::MAX).into()),
        ];
        let rows = fetch(&self.store, &PENDING, &parameters).await?;
        rows.iter()
            .map(|row| {
                Ok(PendingEvent {
                    position: required(row, "seq", RowExt::integer)?,
                    event: event(row)?,
                    delivered: row.text("sinks")?.map(|sinks| keys(&sinks)).unwrap_or_default(),
                })
            })
            .collect()
    }

    async fn last_position(&self) -> Result<i64, StoreError> {
        let rows = fetch(&self.store, &LAST_POSITION, &[]).await?;
        Ok(rows.first().map(|row| required(row, "seq", RowExt::integer)).transpose()?.unwrap_or_default())
    }

    async fn count_pending(&self, destination: &str, limit: u32) -> Result<u64, StoreError> {
        let parameters = [("sink", format!("% {destination} %").into()), ("limit", i64::from(limit).into())];
        match fetch(&self.store, &COUNT_PENDING, &parameters).await?.first() {
            Some(row) => total(row),
            None => Ok(0),
        }
    }

    async fn record(&self, mut delivered: Vec<Delivered>) -> Result<Vec<Delivered>, StoreError> {
        let positions = || delivered.iter().map(|delivered| delivered.position);
        let (Some(first), Some(last)) = (positions().min(), positions().max()) else {
            return Ok(delivered);
        };
        let places: HashMap<i64, usize> =
            delivered.iter().enumerate().map(|(place, entry)| (entry.position, place)).collect();
        let mut transaction = self.store.begin_write().await?;
        let range = [("first", first.into()), ("last", last.into())];
        for row in LIST_DELIVERED.fetch_all::<B>(&mut transaction, &range).await? {
            let position: i64 = required(&row, "seq", RowExt::integer)?;
            if let Some(entry) = places.get(&position).and_then(|&place| delivered.get_mut(place)) {
                entry.sinks.extend(keys(&required(&row, "sinks", RowExt::text)?));
                DELETE_DELIVERED.execute::<B>(&mut transaction, &[("seq", position.into())]).await?;
            }
        }
        for entry in &delivered {
            let keys: Vec<&str> = entry.sinks.iter().map(String::as_str).collect();
            let sinks = format!(" {} ", keys.join(" "));
            let parameters = [("seq", entry.position.into()), ("sinks", sinks.into())];
            PUT_DELIVERED.execute::<B>(&mut transaction, &parameters).await?;
        }
        transaction.commit().await?;
        Ok(delivered)
    }

    async fn set_aside(
        &self,
        destination: &Destination,
        event: &Event,
        error: &str,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(event).map_err(StoreError::corrupt)?;
        let parameters = [
            ("sink", destination.key.as_str().into()),
            ("destination", destination.name.as_str().into()),
            ("event", event.id.to_string().into()),
            ("body", body.into()),
            ("error", error.into()),
            ("failed_at", SystemClock.now().timestamp_micros().into()),
        ];
        let mut transaction = self.store.begin_write().await?;
        DELETE_FAILED.execute::<B>(&mut transaction, &parameters).await?;
        PUT_FAILED.execute::<B>(&mut transaction, &parameters).await?;
        transaction.commit().await
    }

    async fn failed(&self, limit: u32) -> Result<Vec<FailedEvent>, StoreError> {
        let rows = fetch(&self.store, &LIST_FAILED, &[("limit", i64::from(limit).into())]).await?;
        rows.iter()
            .map(|row| {
                let time = Timestamp::from_timestamp_micros(required(row, "failed_at", RowExt::integer)?);
                Ok(FailedEvent {
                    event: event(row)?,
                    destination: required(row, "destination", RowExt::text)?,
                    error: required(row, "error", RowExt::text)?,
                    time: time.ok_or_else(|| StoreError::corrupt("the time of a failed event is invalid"))?,
                })
            })
            .collect()
    }

    async fn count_failed(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = fetch(&self.store, &COUNT_FAILED, &[]).await?;
        rows.iter().map(|row| Ok((required(row, "destination", RowExt::text)?, total(row)?))).collect()
    }

    async fn retry(&self, event: Option<ChangeId>) -> Result<BTreeMap<String, u64>, StoreError> {
        let id = event.map(|id| id.to_string()).unwrap_or_default();
        let parameters = [("all", event.is_none().into()), ("event", id.into())];
        let mut transaction = self.store.begin_write().await?;
        let rows = COUNT_RETRIES.fetch_all::<B>(&mut transaction, &parameters).await?;
        RETRY_FAILED.execute::<B>(&mut transaction, &parameters).await?;
        transaction.commit().await?;
        rows.iter().map(|row| Ok((required(row, "destination", RowExt::text)?, total(row)?))).collect()
    }

    async fn retries(&self, destination: &str, limit: u32) -> Result<Vec<Event>, StoreError> {
        let parameters = [("sink", destination.into()), ("limit", i64::from(limit).into())];
        fetch(&self.store, &LIST_RETRIES, &parameters).await?.iter().map(event).collect()
    }

    async fn forget(&self, destination: &str, event: ChangeId) -> Result<(), StoreError> {
        let parameters = [("sink", destination.into()), ("event", event.to_string().into())];
        execute(&self.store, &DELETE_FAILED, &parameters).await?;
        Ok(())
    }

    async fn prune_failed(&self, before: Timestamp) -> Result<u64, StoreError> {
        execute(&self.store, &CLEAN_DELIVERED, &[]).await?;
        execute(&self.store, &PRUNE_FAILED, &[("before", before.timestamp_micros().into())]).await
    }
}

fn event<R: RowExt>(row: &R) -> Result<Event, StoreError> {
    serde_json::from_str(&required(row, "body", RowExt::text)?).map_err(StoreError::corrupt)
}

fn total<R: RowExt>(row: &R) -> Result<u64, StoreError> {
    u64::try_from(required(row, "total", RowExt::integer)?).map_err(StoreError::corrupt)
}

/// Reads the keys that `record` writes between blanks.
fn keys(sinks: &str) -> BTreeSet<String> {
    sinks.split_whitespace().map(str::to_owned).collect()
}
