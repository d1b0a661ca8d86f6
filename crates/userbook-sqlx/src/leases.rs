//! Connections that a store keeps for a moment, from one operation to the next.
//!
//! sqlx's pool asks each connection that comes back whether it is in order, and so a connection is on its way for
//! four round trips where an update on PostgreSQL has two statements. One of which the store knows that it is in
//! order waits here instead. It goes back when nobody has taken it for a [`REST`], and in any case when the pool has
//! been without it for a [`TURN`]: whoever stands in line has it then, be it the store or a statement of the host's.
//!
//! Knows nothing of the databases, nor of what is done with a connection.

use std::{
    fmt, mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Database, Error, Pool, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{self, OwnedMutexGuard},
};

/// How long a connection is away from the pool at most, but for the operation that is on it then: several updates of a
/// busy database.
const TURN: Duration = Duration::from_millis(50);

/// How long it waits, up to twice that.
const REST: Duration = Duration::from_millis(5);

/// What is done with a connection on which an operation failed or was interrupted, before it goes to the pool.
pub(crate) type Unsettled<DB> = fn(&mut OwnedMutexGuard<PoolConnection<DB>>);

/// A pool, and the connections of it that wait here. Clones share them.
pub(crate) struct Leases<DB: Database> {
    pool: Pool<DB>,
    waiting: Arc<Waiting<DB>>,
    unsettled: Unsettled<DB>,
}

impl<DB: Database> Leases<DB> {
    pub(crate) fn new(pool: Pool<DB>, unsettled: Unsettled<DB>) -> Self {
        Self::with_times(pool, unsettled, TURN, REST)
    }

    fn with_times(pool: Pool<DB>, unsettled: Unsettled<DB>, turn: Duration, rest: Duration) -> Self {
        let state = State { connections: Vec::new(), is_watched: false };
        Self { pool, waiting: Arc::new(Waiting { turn, rest, state: Mutex::new(state) }), unsettled }
    }

    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// A connection for one operation.
    pub(crate) async fn take(&self) -> Result<Lease<DB>, Error> {
        let waiting = self.waiting.state().connections.pop();
        let (connection, since) = match waiting {
            Some(Connection { shared, since, .. }) => (shared, since),
            None => (Arc::new(sync::Mutex::new(self.pool.acquire().await?)), Instant::now()),
        };
        Ok(Lease {
            connection: connection.lock_owned().await,
            since,
            waiting: Arc::clone(&self.waiting),
            unsettled: self.unsettled,
            is_in_order: false,
        })
    }
}

impl<DB: Database> Clone for Leases<DB> {
    fn clone(&self) -> Self {
        let waiting = Arc::clone(&self.waiting);
        Self { pool: self.pool.clone(), waiting, unsettled: self.unsettled }
    }
}

impl<DB: Database> fmt::Debug for Leases<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").finish_non_exhaustive()
    }
}

/// A connection. Nobody ever waits for the lock: it lets a lease hand its connection on when it is dropped.
type Shared<DB> = Arc<sync::Mutex<PoolConnection<DB>>>;

/// A connection that waits.
struct Connection<DB: Database> {
    shared: Shared<DB>,
    /// When the pool gave it.
    since: Instant,
    /// Since when it waits.
    rests: Instant,
}

/// Connections that wait. As long as there are some, a [`SendBack`] runs, which owns this too: none is ever dropped
/// outside of the runtime that it belongs to.
struct Waiting<DB: Database> {
    turn: Duration,
    rest: Duration,
    state: Mutex<State<DB>>,
}

struct State<DB: Database> {
    connections: Vec<Connection<DB>>,
    is_watched: bool,
}

impl<DB: Database> Waiting<DB> {
    fn state(&self) -> MutexGuard<'_, State<DB>> {
        // Nothing that is done under the lock can stop half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection wait here, unless its turn is over.
    fn keep(self: &Arc<Self>, shared: Shared<DB>, since: Instant) {
        let Ok(runtime) = Handle::try_current() else { return };
        let rests = Instant::now();
        if rests.duration_since(since) >= self.turn {
            return;
        }
        let mut state = self.state();
        state.connections.push(Connection { shared, since, rests });
        let is_watched = mem::replace(&mut state.is_watched, true);
        // A runtime that is about to end drops what it is given at once, and that takes the lock.
        drop(state);
        if !is_watched {
            runtime.spawn(SendBack { waiting: Arc::clone(self), is_done: false }.run());
        }
    }

    /// Sends all to the pool, which asks each of them.
    fn send_back_all(&self) {
        let connections = mem::take(&mut self.state().connections);
        drop(connections);
    }
}

/// Sends connections back to the pool when their turn is over, and all of them when its runtime ends.
struct SendBack<DB: Database> {
    waiting: Arc<Waiting<DB>>,
    is_done: bool,
}

impl<DB: Database> SendBack<DB> {
    async fn run(mut self) {
        while !self.is_done {
            let (turn, rest) = (self.waiting.turn, self.waiting.rest);
            tokio::time::sleep(rest).await;
            let is_over = |it: &mut Connection<DB>| it.since.elapsed() >= turn || it.rests.elapsed() >= rest;
            let mut state = self.waiting.state();
            let over: Vec<_> = state.connections.extract_if(.., is_over).collect();
            state.is_watched = !state.connections.is_empty();
            self.is_done = !state.is_watched;
            drop(state);
            drop(over);
        }
    }
}

impl<DB: Database> Drop for SendBack<DB> {
    fn drop(&mut self) {
        if !self.is_done {
            self.waiting.state().is_watched = false;
            self.waiting.send_back_all();
        }
    }
}

/// A connection for one operation. [Given back](Self::give_back) it is known to be in order, otherwise not.
pub(crate) struct Lease<DB: Database> {
    connection: OwnedMutexGuard<PoolConnection<DB>>,
    since: Instant,
    waiting: Arc<Waiting<DB>>,
    unsettled: Unsettled<DB>,
    is_in_order: bool,
}

impl<DB: Database> Lease<DB> {
    /// Gives the connection back: every answer was read, and no transaction is open.
    pub(crate) fn give_back(mut self) {
        self.is_in_order = true;
    }

    /// Closes the connection.
    #[cfg(feature = "sqlite")]
    pub(crate) fn close(mut self) {
        self.connection.close_on_drop();
    }
}

impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        if self.is_in_order {
            return self.waiting.keep(Arc::clone(OwnedMutexGuard::mutex(&self.connection)), self.since);
        }
        (self.unsettled)(&mut self.connection);
        // What broke this one may have broken the others.
        self.waiting.send_back_all();
    }
}

impl<DB: Database> Deref for Lease<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Lease<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
