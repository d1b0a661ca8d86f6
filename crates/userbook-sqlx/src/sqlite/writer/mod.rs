//! The writer of a store: one connection that commits in groups.
//!
//! SQLite has one writer at a time, and each commit waits for the disk. Writes that arrive during a commit form a group:
//! they share the next transaction and its sync. Each of them leaves no trace in the others if it is refused or fails,
//! and each is acknowledged only after the sync. A group does not wait: what has arrived is written.
//!
//! A caller that finds the writer idle writes by itself, without the detour through another task. If a caller is
//! dropped, the connection is closed, which rolls back what was not committed, and the others continue.

mod group;

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicI64},
};

use sqlx::{ConnectOptions as _, Error, SqliteConnection, SqlitePool};
use tokio::{runtime::Handle, sync::oneshot};
use userbook::{
    Timestamp, UserRef,
    model::ChangeId,
    store::{ChangeSet, CommitOutcome, ProvisioningChange, StoreError, StoreErrorKind},
};

use crate::write::Write;

/// The writer. Clones share it.
#[derive(Clone)]
pub struct Writer {
    pool: SqlitePool,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The connection while the writer is idle.
    connection: Option<SqliteConnection>,
    /// Whether a caller or a group writes.
    is_busy: bool,
    waiting: Vec<Waiting>,
    /// Whether a task waits for the end of the pool.
    watches_pool: bool,
}

/// A write of a caller that waits.
struct Waiting {
    change: Change,
    outcome: oneshot::Sender<Result<CommitOutcome, StoreError>>,
}

enum Change {
    Update(ChangeSet),
    Provision(ProvisioningChange),
    Acknowledge(Vec<ChangeId>),
    Login(UserRef, Timestamp),
    Reserve(Arc<AtomicI64>),
}

impl Change {
    fn write(&self) -> Write<'_> {
        match self {
            Self::Update(change) => Write::Update(change),
            Self::Provision(change) => Write::Provision(change),
            Self::Acknowledge(events) => Write::Acknowledge(events),
            Self::Login(user, time) => Write::Login(*user, *time),
            Self::Reserve(id) => Write::Reserve(id),
        }
    }
}

impl From<Write<'_>> for Change {
    fn from(write: Write<'_>) -> Self {
        match write {
            Write::Update(change) => Self::Update(change.clone()),
            Write::Provision(change) => Self::Provision(change.clone()),
            Write::Acknowledge(events) => Self::Acknowledge(events.to_vec()),
            Write::Login(user, time) => Self::Login(user, time),
            Write::Reserve(id) => Self::Reserve(Arc::clone(id)),
        }
    }
}

/// The task that writes ended before it wrote this change, or while it did.
#[derive(Debug, thiserror::Error)]
#[error("the task of the writer ended")]
struct WriterEnded;

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // No code under the lock panics half-way.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Writes, alone or in a group.
    pub(super) async fn write(&self, write: Write<'_>) -> Result<CommitOutcome, StoreError> {
        let outcome = {
            let mut state = self.state();
            if state.is_busy {
                let (sender, outcome) = oneshot::channel();
                state.waiting.push(Waiting { change: write.into(), outcome: sender });
                Some(outcome)
            } else {
                state.is_busy = true;
                None
            }
        };
        match outcome {
            Some(outcome) => {
                outcome.await.map_err(|_| StoreError::new(StoreErrorKind::Ambiguous, WriterEnded))?
            }
            None => Turn::new(self.clone()).alone(write).await,
        }
    }

    /// Opens a connection of the writer's own, so that readers that use up the pool do not hold writes up.
    async fn connect(&self) -> Result<SqliteConnection, Error> {
        // A file that was deleted must not come back empty.
        let options = (*self.pool.connect_options()).clone().create_if_missing(false);
        let connection = options.connect().await?;
        if !mem::replace(&mut self.state().watches_pool, true) {
            self.close_with_pool();
        }
        Ok(connection)
    }

    /// Closes the idle connection when the pool is closed.
    fn close_with_pool(&self) {
        let (closed, state) = (self.pool.close_event(), Arc::downgrade(&self.state));
        tokio::spawn(async move {
            closed.await;
            let state = state.upgrade();
            drop(state.and_then(|state| lock(&state).connection.take()));
        });
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// The right to write. When it ends, the next group gets it.
struct Turn {
    writer: Writer,
    /// A connection without an open transaction.
    clean: Option<SqliteConnection>,
}

impl Turn {
    fn new(writer: Writer) -> Self {
        let clean = writer.state().connection.take();
        Self { writer, clean }
    }

    /// Takes the connection. It is closed unless it is put back as [`clean`](Self::clean).
    async fn connection(&mut self) -> Result<SqliteConnection, Error> {
        let clean = self.clean.take();
        if self.writer.pool.is_closed() {
            return Err(Error::PoolClosed);
        }
        match clean {
            Some(connection) => Ok(connection),
            None => self.writer.connect().await,
        }
    }

    /// Writes in a transaction of its own.
    async fn alone(&mut self, write: Write<'_>) -> Result<CommitOutcome, StoreError> {
        let mut connection = self.connection().await.map_err(super::failure)?;
        let answer = write.run::<sqlx::Sqlite>(&mut connection).await;
        if answer.is_ok() {
            self.clean = Some(connection);
        }
        answer
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.writer.state();
        // A closed pool has no connections.
        state.connection = self.clean.take().filter(|_| !self.writer.pool.is_closed());
        let waiting = mem::take(&mut state.waiting);
        match Handle::try_current() {
            Ok(runtime) if !waiting.is_empty() => {
                // A runtime that shuts down drops a spawned task at once, and the drop takes the lock.
                drop(state);
                let next = Self::new(self.writer.clone());
                runtime.spawn(group::write(next, waiting));
            }
            _ => {
                state.is_busy = false;
                // Without a runtime they cannot be written.
                drop(state);
                drop(waiting);
            }
        }
    }
}
