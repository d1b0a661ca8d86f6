//! Maintenance of a database of sqlx.

use async_trait::async_trait;
use userbook::{
    event::Event,
    store::{DistinctNames, StoreError},
};
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Statement, Value, fetch, required},
};

use super::{EventQuery, ExportSink, Maintenance, check, export};
use crate::auth::AuthBackend;

static EVENTS: Statement = Statement::new(include_str!("sql/events.sql"));

/// Work on the tables of this store.
#[derive(Debug)]
pub(crate) struct SqlMaintenance<B: AuthBackend> {
    store: SqlStore<B>,
}

impl<B: AuthBackend> SqlMaintenance<B> {
    pub(crate) fn new(store: SqlStore<B>) -> Self {
        Self { store }
    }
}

#[async_trait]
impl<B: AuthBackend> Maintenance for SqlMaintenance<B> {
    async fn export(&self, sink: &mut dyn ExportSink) -> Result<(), StoreError> {
        let mut transaction = self.store.begin_read().await?;
        export::export::<B>(&mut transaction, sink).await
    }

    async fn events(&self, query: EventQuery) -> Result<Vec<(Event, bool)>, StoreError> {
        let parameters = [
            ("any_user", query.user.is_none().into()),
            ("user", query.user.map_or(0, |user| user.0).into()),
            ("since", Value::from(query.since.unwrap_or(userbook::Timestamp::UNIX_EPOCH))),
            ("all", (!query.pending).into()),
            ("limit", i64::from(query.limit).into()),
        ];
        let rows = fetch(&self.store, &EVENTS, &parameters).await?;
        rows.iter()
            .map(|row| {
                let body = required(row, "body", RowExt::text)?;
                let event = serde_json::from_str(&body).map_err(StoreError::corrupt)?;
                Ok((event, row.time("acked_at")?.is_some()))
            })
            .collect()
    }

    async fn problems(&self, distinct: DistinctNames) -> Result<Vec<String>, StoreError> {
        let mut transaction = self.store.begin_read().await?;
        check::problems::<B>(&mut transaction, distinct).await
    }
}
