//! Connections that a store keeps between operations.
//!
//! sqlx's pool tests each connection that comes back, which doubles the round trips of an update on PostgreSQL. A
//! connection that the store knows to be clean stays here instead. The cache returns the connection to the pool after
//! [`MAX_IDLE`] without use, and in any case after [`MAX_HOLD`], so that tasks which wait for the pool get it.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Database, Error, Pool, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{self, OwnedMutexGuard},
};

/// The longest time away from the pool, not counting the current operation: several updates of a busy database.
const MAX_HOLD: Duration = Duration::from_millis(50);

/// The idle time after which a connection returns to the pool, at the latest after twice that time.
const MAX_IDLE: Duration = Duration::from_millis(5);

/// What happens to a connection on which an operation failed or was interrupted, before the pool gets it.
pub(crate) type OnDirty<DB> = fn(&mut OwnedMutexGuard<PoolConnection<DB>>);

/// A pool and its idle connections. Clones share them.
pub(crate) struct ConnectionCache<DB: Database> {
    pool: Pool<DB>,
    idle: Arc<IdleConnections<DB>>,
    on_dirty: OnDirty<DB>,
}

impl<DB: Database> ConnectionCache<DB> {
    pub(crate) fn new(pool: Pool<DB>, on_dirty: OnDirty<DB>) -> Self {
        Self::with_times(pool, on_dirty, MAX_HOLD, MAX_IDLE)
    }

    fn with_times(pool: Pool<DB>, on_dirty: OnDirty<DB>, max_hold: Duration, max_idle: Duration) -> Self {
        let state = Mutex::new(State { connections: Vec::new(), reaper_running: false });
        Self { pool, idle: Arc::new(IdleConnections { max_hold, max_idle, state }), on_dirty }
    }

    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Takes a connection for one operation.
    pub(crate) async fn acquire(&self) -> Result<CachedConnection<DB>, Error> {
        let idle = self.idle.state().connections.pop();
        let (connection, since) = match idle {
            Some(IdleConnection { shared, since, .. }) => (shared, since),
            None => (Arc::new(sync::Mutex::new(self.pool.acquire().await?)), Instant::now()),
        };
        Ok(CachedConnection {
            connection: connection.lock_owned().await,
            since,
            idle: Arc::clone(&self.idle),
            on_dirty: self.on_dirty,
            is_clean: false,
        })
    }
}

impl<DB: Database> Clone for ConnectionCache<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), idle: Arc::clone(&self.idle), on_dirty: self.on_dirty }
    }
}

/// A connection. The lock is never contended: it lets a [`CachedConnection`] move its connection out when dropped.
type Shared<DB> = Arc<sync::Mutex<PoolConnection<DB>>>;

struct IdleConnection<DB: Database> {
    shared: Shared<DB>,
    /// When the pool handed the connection out.
    since: Instant,
    idle_since: Instant,
}

/// Idle connections. While there are some, a [`Reaper`] runs and shares them: no connection is dropped outside of its
/// runtime.
struct IdleConnections<DB: Database> {
    max_hold: Duration,
    max_idle: Duration,
    state: Mutex<State<DB>>,
}

struct State<DB: Database> {
    connections: Vec<IdleConnection<DB>>,
    reaper_running: bool,
}

impl<DB: Database> IdleConnections<DB> {
    fn state(&self) -> MutexGuard<'_, State<DB>> {
        // No code under the lock panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a connection, unless the pool has missed it for too long.
    fn keep(self: &Arc<Self>, shared: Shared<DB>, since: Instant) {
        let Ok(runtime) = Handle::try_current() else { return };
        let idle_since = Instant::now();
        if idle_since.duration_since(since) >= self.max_hold {
            return;
        }
        let mut state = self.state();
        state.connections.push(IdleConnection { shared, since, idle_since });
        let reaper_running = mem::replace(&mut state.reaper_running, true);
        // A runtime that shuts down drops a spawned task at once, and the drop takes the lock.
        drop(state);
        if !reaper_running {
            runtime.spawn(Reaper { idle: Arc::clone(self), is_done: false }.run());
        }
    }

    /// Returns all connections to the pool, which tests each of them.
    fn return_all(&self) {
        let connections = mem::take(&mut self.state().connections);
        drop(connections);
    }
}

/// Returns connections to the pool when their time is over, and all of them when the runtime ends.
struct Reaper<DB: Database> {
    idle: Arc<IdleConnections<DB>>,
    is_done: bool,
}

impl<DB: Database> Reaper<DB> {
    async fn run(mut self) {
        while !self.is_done {
            let (max_hold, max_idle) = (self.idle.max_hold, self.idle.max_idle);
            tokio::time::sleep(max_idle).await;
            let is_over = |it: &mut IdleConnection<DB>| {
                it.since.elapsed() >= max_hold || it.idle_since.elapsed() >= max_idle
            };
            let mut state = self.idle.state();
            let over: Vec<_> = state.connections.extract_if(.., is_over).collect();
            state.reaper_running = !state.connections.is_empty();
            self.is_done = !state.reaper_running;
            drop(state);
            drop(over);
        }
    }
}

impl<DB: Database> Drop for Reaper<DB> {
    fn drop(&mut self) {
        if !self.is_done {
            self.idle.state().reaper_running = false;
            self.idle.return_all();
        }
    }
}

/// A connection for one operation. It is dirty until it is [released](Self::release).
pub(crate) struct CachedConnection<DB: Database> {
    connection: OwnedMutexGuard<PoolConnection<DB>>,
    since: Instant,
    idle: Arc<IdleConnections<DB>>,
    on_dirty: OnDirty<DB>,
    is_clean: bool,
}

impl<DB: Database> CachedConnection<DB> {
    /// Returns a clean connection: all answers were read, and no transaction is open.
    pub(crate) fn release(mut self) {
        self.is_clean = true;
    }
}

impl<DB: Database> Drop for CachedConnection<DB> {
    fn drop(&mut self) {
        if self.is_clean {
            return self.idle.keep(Arc::clone(OwnedMutexGuard::mutex(&self.connection)), self.since);
        }
        (self.on_dirty)(&mut self.connection);
        // The cause may have broken the other connections too.
        self.idle.return_all();
    }
}

impl<DB: Database> Deref for CachedConnection<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for CachedConnection<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
