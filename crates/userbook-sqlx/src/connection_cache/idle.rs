//! The idle connections of a store, and the operations that wait for one.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::Database;
use tokio::{runtime::Handle, sync::oneshot};

use super::Shared;

pub(super) struct IdleConnection<DB: Database> {
    pub(super) shared: Shared<DB>,
    /// When the pool handed the connection out.
    pub(super) since: Instant,
    idle_since: Instant,
}

/// Idle connections. While there are some, a [`Reaper`] runs and shares them: no connection is dropped outside of its
/// runtime.
pub(super) struct IdleConnections<DB: Database> {
    max_hold: Duration,
    max_idle: Duration,
    state: Mutex<State<DB>>,
}

pub(super) struct State<DB: Database> {
    pub(super) connections: Vec<IdleConnection<DB>>,
    waiters: VecDeque<oneshot::Sender<IdleConnection<DB>>>,
    pub(super) reaper_running: bool,
}

impl<DB: Database> IdleConnections<DB> {
    pub(super) fn new(max_hold: Duration, max_idle: Duration) -> Self {
        let state = State { connections: Vec::new(), waiters: VecDeque::new(), reaper_running: false };
        Self { max_hold, max_idle, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<DB>> {
        // No code under the lock panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pop(&self) -> Option<IdleConnection<DB>> {
        self.state().connections.pop()
    }

    /// Gets the next connection that is released. Those who wait are served in their order.
    pub(super) fn wait(&self) -> oneshot::Receiver<IdleConnection<DB>> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        // Between the look at the idle connections and now, one may have been released.
        if let Some(connection) = state.connections.pop() {
            drop(state);
            // The receiver is here.
            _ = sender.send(connection);
            return receiver;
        }
        // Those who left, and those who got a connection from the pool.
        while state.waiters.front().is_some_and(oneshot::Sender::is_closed) {
            state.waiters.pop_front();
        }
        state.waiters.push_back(sender);
        receiver
    }

    /// Keeps a connection or hands it to who waits, unless the pool has missed it for too long.
    pub(super) fn keep(self: &Arc<Self>, shared: Shared<DB>, since: Instant) {
        let Ok(runtime) = Handle::try_current() else { return };
        let idle_since = Instant::now();
        if idle_since.duration_since(since) >= self.max_hold {
            return;
        }
        let mut connection = IdleConnection { shared, since, idle_since };
        let mut state = self.state();
        while let Some(waiter) = state.waiters.pop_front() {
            match waiter.send(connection) {
                Ok(()) => return,
                Err(back) => connection = back,
            }
        }
        state.connections.push(connection);
        let reaper_running = mem::replace(&mut state.reaper_running, true);
        // A runtime that shuts down drops a spawned task at once, and the drop takes the lock.
        drop(state);
        if !reaper_running {
            runtime.spawn(Reaper { idle: Arc::clone(self), is_done: false }.run());
        }
    }

    /// Returns all connections to the pool, which tests each of them.
    pub(super) fn return_all(&self) {
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
