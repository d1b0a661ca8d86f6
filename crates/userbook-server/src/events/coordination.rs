//! Which replica delivers, and events that no receiver accepts.

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use userbook::{
    Timestamp,
    clock::{Clock, SystemClock},
    event::Event,
    store::StoreError,
};
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Statement, required},
};

use crate::auth::AuthBackend;

static CLAIM: Statement = Statement::new(include_str!("sql/claim.sql"));
static RELEASE: Statement = Statement::new(include_str!("sql/release.sql"));
static DELETE_FAILED: Statement = Statement::new(include_str!("sql/delete_failed.sql"));
static PUT_FAILED: Statement = Statement::new(include_str!("sql/put_failed.sql"));
static LIST_FAILED: Statement = Statement::new(include_str!("sql/list_failed.sql"));

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedEvent {
    /// The event.
    pub event: Event,
    /// Why the receiver rejected it, the last time.
    pub error: String,
    /// When it was set aside.
    pub time: Timestamp,
}

/// What the replicas on one database agree on.
#[async_trait]
pub trait Coordination: Debug + Send + Sync {
    /// Takes or renews the right to deliver events, for this time. Returns false while another holder has it.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn claim(&self, holder: &str, time: Duration) -> Result<bool, StoreError>;

    /// Gives the right back.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn release(&self, holder: &str) -> Result<(), StoreError>;

    /// Keeps an event that receivers reject.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn set_aside(&self, event: &Event, error: &str) -> Result<(), StoreError>;

    /// Returns the events that were set aside, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails.
    async fn failed(&self) -> Result<Vec<FailedEvent>, StoreError>;
}

/// Coordination by tables.
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
        Ok(CLAIM.execute::<B>(&mut *self.store.acquire().await?, &parameters).await? > 0)
    }

    async fn release(&self, holder: &str) -> Result<(), StoreError> {
        let parameters = [("holder", holder.into()), ("name", "events".into())];
        RELEASE.execute::<B>(&mut *self.store.acquire().await?, &parameters).await?;
        Ok(())
    }

    async fn set_aside(&self, event: &Event, error: &str) -> Result<(), StoreError> {
        let id = event.id.to_string();
        let body = serde_json::to_string(event).map_err(StoreError::corrupt)?;
        let parameters = [
            ("event", id.into()),
            ("body", body.into()),
            ("error", error.into()),
            ("failed_at", SystemClock.now().timestamp_micros().into()),
        ];
        let mut transaction = self.store.begin_write().await?;
        DELETE_FAILED.execute::<B>(&mut transaction, &parameters).await?;
        PUT_FAILED.execute::<B>(&mut transaction, &parameters).await?;
        SqlStore::<B>::commit_transaction(transaction).await
    }

    async fn failed(&self) -> Result<Vec<FailedEvent>, StoreError> {
        let rows = LIST_FAILED.fetch_all::<B>(&mut *self.store.acquire().await?, &[]).await?;
        rows.iter()
            .map(|row| {
                let time = Timestamp::from_timestamp_micros(required(row, "failed_at", RowExt::integer)?);
                Ok(FailedEvent {
                    event: serde_json::from_str(&required(row, "body", RowExt::text)?)
                        .map_err(StoreError::corrupt)?,
                    error: required(row, "error", RowExt::text)?,
                    time: time.ok_or_else(|| StoreError::corrupt("the time of a failed event is invalid"))?,
                })
            })
            .collect()
    }
}

/// Coordination of the only server of a directory in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryCoordination {
    failed: Mutex<Vec<FailedEvent>>,
}

#[async_trait]
impl Coordination for MemoryCoordination {
    async fn claim(&self, _: &str, _: Duration) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn release(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn set_aside(&self, event: &Event, error: &str) -> Result<(), StoreError> {
        let failed = FailedEvent { event: event.clone(), error: error.to_owned(), time: SystemClock.now() };
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(failed);
        Ok(())
    }

    async fn failed(&self) -> Result<Vec<FailedEvent>, StoreError> {
        Ok(self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
