//! Connections that a store keeps between operations.
//!
//! sqlx's pool tests each connection that comes back, which doubles the round trips of an update on PostgreSQL. A
//! connection that the store knows to be clean stays here instead: the next operation takes it, or gets it handed over
//! if all connections are in use. The cache returns the connection to the pool after [`MAX_IDLE`] without use, and in
//! any case after [`MAX_HOLD`], so that tasks which wait for the pool get it.

mod idle;

use std::{
    fmt,
    ops::{Deref, DerefMut},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};
use sqlx::{Connection as _, Database, Error, Pool, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{self, OwnedMutexGuard, OwnedSemaphorePermit},
    time::timeout,
};

use idle::IdleConnections;

/// The longest time away from the pool, not counting the current operation: several updates of a busy database.
const MAX_HOLD: Duration = Duration::from_millis(50);

/// The idle time after which a connection returns to the pool, at the latest after twice that time.
const MAX_IDLE: Duration = Duration::from_millis(5);

/// The longest time for reading what is left of the answer to a dropped operation.
pub(crate) const MAX_READ: Duration = Duration::from_secs(5);

/// Repairs or closes a connection on which an operation failed or was interrupted, before the pool gets it.
pub(crate) type OnDirty<DB> = fn(&mut OwnedMutexGuard<PoolConnection<DB>>);

/// A connection. The lock is never contended: it lets a [`StoreConnection`] move its connection out when dropped.
type Shared<DB> = Arc<sync::Mutex<PoolConnection<DB>>>;

/// A pool and its idle connections. Clones share them.
pub struct ConnectionCache<DB: Database> {
    pool: Pool<DB>,
    idle: Arc<IdleConnections<DB>>,
    on_dirty: OnDirty<DB>,
}

impl<DB: Database> ConnectionCache<DB> {
    pub(crate) fn new(pool: Pool<DB>, on_dirty: OnDirty<DB>) -> Self {
        Self::with_times(pool, on_dirty, MAX_HOLD, MAX_IDLE)
    }

    fn with_times(pool: Pool<DB>, on_dirty: OnDirty<DB>, max_hold: Duration, max_idle: Duration) -> Self {
        Self { pool, idle: Arc::new(IdleConnections::new(max_hold, max_idle)), on_dirty }
    }

    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Waits until all connections are back, and closes them.
    pub(crate) async fn close(&self) {
        let closed = self.pool.close();
        // The pool is marked as closed, and waits for the idle connections.
        self.idle.return_all();
        closed.await;
    }

    /// Takes a connection for one operation.
    pub(crate) async fn acquire(&self) -> Result<StoreConnection<DB>, Error> {
        let (connection, since) = match self.idle.pop() {
            Some(idle) => (idle.shared, idle.since),
            None => self.wait().await?,
        };
        Ok(StoreConnection {
            connection: connection.lock_owned().await,
            since,
            idle: Arc::clone(&self.idle),
            on_dirty: self.on_dirty,
            is_clean: false,
            turn: None,
        })
    }

    /// Waits for the pool. If it cannot open more connections, also for one that another operation releases.
    async fn wait(&self) -> Result<(Shared<DB>, Instant), Error> {
        let of_pool = |connection| (Arc::new(sync::Mutex::new(connection)), Instant::now());
        // Opening a connection must not be cut short by a hand-over, or the pool would never grow.
        if self.pool.size() < self.pool.options().get_max_connections() {
            return self.pool.acquire().await.map(of_pool);
        }
        let (of_the_pool, released) = (pin!(self.pool.acquire()), self.idle.wait());
        match select(of_the_pool, released).await {
            Either::Left((connection, _)) => connection.map(of_pool),
            Either::Right((Ok(idle), _)) => Ok((idle.shared, idle.since)),
            Either::Right((Err(_), of_the_pool)) => of_the_pool.await.map(of_pool),
        }
    }
}

impl<DB: Database> fmt::Debug for ConnectionCache<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionCache").finish_non_exhaustive()
    }
}

impl<DB: Database> Clone for ConnectionCache<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), idle: Arc::clone(&self.idle), on_dirty: self.on_dirty }
    }
}

/// A connection of a store for one operation of the host. Dereferences to sqlx's connection.
///
/// [Release](Self::release) it after success. Otherwise it is tested before its next use, which costs round trips, or
/// closed, on MariaDB.
pub struct StoreConnection<DB: Database> {
    connection: OwnedMutexGuard<PoolConnection<DB>>,
    since: Instant,
    idle: Arc<IdleConnections<DB>>,
    on_dirty: OnDirty<DB>,
    is_clean: bool,
    turn: Option<OwnedSemaphorePermit>,
}

impl<DB: Database> StoreConnection<DB> {
    /// Keeps a permit until the connection is free for others: if its operation is dropped, sqlx first reads what is
    /// left of the answer, which takes as long as the statement.
    pub(crate) fn with_turn(mut self, turn: OwnedSemaphorePermit) -> Self {
        self.turn = Some(turn);
        self
    }

    /// Returns a clean connection: all answers were read, no transaction is open, and no setting was changed.
    pub fn release(mut self) {
        self.keep();
    }

    /// [Releases](Self::release) the connection when it is dropped.
    pub(crate) fn keep(&mut self) {
        self.is_clean = true;
    }

    /// Whether it will be released.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_clean
    }

    /// Gives the permit of [`with_turn`](Self::with_turn) back: the statement has ended.
    pub(crate) fn end_turn(&mut self) {
        self.turn = None;
    }
}

impl<DB: Database> Drop for StoreConnection<DB> {
    fn drop(&mut self) {
        if self.is_clean {
            return self.idle.keep(Arc::clone(OwnedMutexGuard::mutex(&self.connection)), self.since);
        }
        (self.on_dirty)(&mut self.connection);
        if let (Some(turn), Ok(runtime)) = (self.turn.take(), Handle::try_current()) {
            let shared = Arc::clone(OwnedMutexGuard::mutex(&self.connection));
            runtime.spawn(async move {
                read_rest(shared).await;
                drop(turn);
            });
        }
        // The cause may have broken the other connections too.
        self.idle.return_all();
    }
}

/// Reads what is left of the answer. A peer that is gone sends nothing.
async fn read_rest<DB: Database>(shared: Shared<DB>) {
    let mut connection = shared.lock_owned().await;
    if !matches!(timeout(MAX_READ, connection.ping()).await, Ok(Ok(()))) {
        connection.close_on_drop();
    }
}

impl<DB: Database> Deref for StoreConnection<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for StoreConnection<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

impl<DB: Database> fmt::Debug for StoreConnection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConnection").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
