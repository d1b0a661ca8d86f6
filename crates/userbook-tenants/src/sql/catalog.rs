//! The list of tenants of a database server: its schemas or databases with a common beginning. One connection reads it.

use std::time::Duration;

use sqlx::{Error, pool::PoolOptions};
use userbook::store::StoreError;
use userbook_sqlx::{
    SqlStore, StoreConnection,
    host::{Backend, RowExt, Statement, fetch, required},
};

use super::{ConnectOptions, Presence, TenantBackend, TenantPrefix};
use crate::TenantName;

/// The idle time after which the connection is closed.
const IDLE: Duration = Duration::from_mins(1);

/// The schemas or databases of tenants.
#[derive(Debug)]
pub struct Catalog<B: Backend> {
    /// Connected to none of the tenants.
    pub(super) store: SqlStore<B>,
    pub(super) prefix: TenantPrefix,
}

impl<B: Backend> Catalog<B> {
    /// Connects when the list is read for the first time.
    pub(super) fn new(pool: PoolOptions<B>, options: ConnectOptions<B>, prefix: TenantPrefix) -> Self {
        let pool = pool.max_connections(1).min_connections(0).idle_timeout(IDLE).connect_lazy_with(options);
        Self { store: SqlStore::new(pool), prefix }
    }

    /// Looks a tenant up; the statement has the parameter `place`.
    pub(super) async fn presence(
        &self,
        statement: &'static Statement,
        name: &TenantName,
    ) -> Result<Presence, StoreError> {
        let place = self.prefix.with(name);
        let rows = fetch(&self.store, statement, &[("place", place.as_str().into())]).await?;
        let Some(row) = rows.first() else { return Ok(Presence::Missing) };
        let is_filled = required(row, "is_filled", RowExt::flag)?;
        Ok(if is_filled { Presence::Filled } else { Presence::Empty })
    }

    /// Lists the tenants; the statement has the parameter `prefix`.
    pub(super) async fn names(&self, statement: &'static Statement) -> Result<Vec<TenantName>, StoreError> {
        let rows = fetch(&self.store, statement, &[("prefix", self.prefix.as_str().into())]).await?;
        let mut names = Vec::with_capacity(rows.len());
        for row in &rows {
            let place: String = required(row, "place", RowExt::text)?;
            names.extend(self.prefix.name_in(&place));
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        static PING: Statement = Statement::new(include_str!("ping.sql"));
        fetch(&self.store, &PING, &[]).await.map(drop)
    }
}

/// Returns whether a schema or database was created, or false if there is one already.
pub(super) fn created<B: TenantBackend>(
    connection: StoreConnection<B>,
    answer: Result<(), Error>,
    is_duplicate: impl FnOnce(&Error) -> bool,
) -> Result<bool, StoreError> {
    match answer {
        Ok(()) => connection.release(),
        Err(error) if is_duplicate(&error) => return Ok(false),
        Err(error) => return Err(B::failure(error)),
    }
    Ok(true)
}
