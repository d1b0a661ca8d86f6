//! The list of tenants of a database server: its schemas or databases with a common beginning. One connection reads it.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Error, Pool, pool::PoolOptions};
use userbook::store::{StoreError, StoreErrorKind};
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Statement, fetch, required},
};

use super::{ConnectOptions, Presence, TenantBackend, TenantCatalog, TenantPrefix};
use crate::TenantName;

/// The idle time after which the connection is closed.
const IDLE: Duration = Duration::from_mins(1);

/// A database server whose schemas or databases are tenants. A place is the name of one of them: the prefix and the
/// name of the tenant, which contain no quotation marks.
#[async_trait]
pub trait PlaceBackend: TenantBackend {
    /// Looks a place up; the parameter is `place`.
    fn presence() -> &'static Statement;

    /// Lists the places; the parameter is `prefix`.
    fn names() -> &'static Statement;

    /// Directs connections to a place.
    fn direct(options: ConnectOptions<Self>, place: &str) -> ConnectOptions<Self>;

    /// The statement that reads how a connection is directed, and its result for a place. `None` if no connection can
    /// be directed elsewhere.
    fn direction(_place: &str) -> Option<(&'static Statement, String)> {
        None
    }

    /// The statement that creates a place.
    fn creation(place: &str) -> String;

    /// Whether the creation failed because the place exists.
    fn is_duplicate(error: &Error) -> bool;

    /// Runs a statement without parameters.
    async fn run(connection: &mut Self::Connection, statement: String) -> Result<(), Error>;
}

/// The schemas or databases of tenants.
#[derive(Debug)]
pub struct Catalog<B: PlaceBackend> {
    /// Connected to none of the tenants.
    store: SqlStore<B>,
    prefix: TenantPrefix,
}

impl<B: PlaceBackend> Catalog<B> {
    /// Connects when the list is read for the first time.
    pub(super) fn new(pool: PoolOptions<B>, options: ConnectOptions<B>, prefix: TenantPrefix) -> Self {
        let pool = pool.max_connections(1).min_connections(0).idle_timeout(IDLE).connect_lazy_with(options);
        Self { store: SqlStore::new(pool), prefix }
    }
}

/// A statement would reach another place than that of its tenant.
#[derive(Debug, thiserror::Error)]
#[error(
    "connections for tenant {tenant} are directed to {actual}: a pooler before the database drops the start options of sessions, or a hook of the pool changes them"
)]
struct Misdirected {
    tenant: TenantName,
    actual: String,
}

#[async_trait]
impl<B: PlaceBackend> TenantCatalog<B> for Catalog<B> {
    fn direct(&self, options: ConnectOptions<B>, name: &TenantName) -> ConnectOptions<B> {
        B::direct(options, &self.prefix.with(name))
    }

    async fn presence(&self, name: &TenantName) -> Result<Presence, StoreError> {
        let place = self.prefix.with(name);
        let rows = fetch(&self.store, B::presence(), &[("place", place.as_str().into())]).await?;
        let Some(row) = rows.first() else { return Ok(Presence::Missing) };
        let is_filled = required(row, "is_filled", RowExt::flag)?;
        Ok(if is_filled { Presence::Filled } else { Presence::Empty })
    }

    async fn create(&self, name: &TenantName) -> Result<bool, StoreError> {
        let mut connection = self.store.acquire().await?;
        match B::run(&mut connection, B::creation(&self.prefix.with(name))).await {
            Ok(()) => connection.release(),
            Err(error) if B::is_duplicate(&error) => return Ok(false),
            Err(error) => return Err(B::failure(error)),
        }
        Ok(true)
    }

    async fn check(&self, pool: &Pool<B>, name: &TenantName) -> Result<(), StoreError> {
        let Some((statement, expected)) = B::direction(&self.prefix.with(name)) else { return Ok(()) };
        let rows = fetch(&SqlStore::new(pool.clone()), statement, &[]).await?;
        let row = rows.first().ok_or_else(|| StoreError::new(StoreErrorKind::Other, Error::RowNotFound))?;
        let actual: String = required(row, "direction", RowExt::text)?;
        if actual == expected {
            return Ok(());
        }
        Err(StoreError::new(StoreErrorKind::Other, Misdirected { tenant: name.clone(), actual }))
    }

    async fn names(&self) -> Result<Vec<TenantName>, StoreError> {
        let rows = fetch(&self.store, B::names(), &[("prefix", self.prefix.as_str().into())]).await?;
        let mut names = Vec::with_capacity(rows.len());
        for row in &rows {
            let place: String = required(row, "place", RowExt::text)?;
            names.extend(self.prefix.name_in(&place));
        }
        names.sort_unstable();
        Ok(names)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        static PING: Statement = Statement::new(include_str!("ping.sql"));
        fetch(&self.store, &PING, &[]).await.map(drop)
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
