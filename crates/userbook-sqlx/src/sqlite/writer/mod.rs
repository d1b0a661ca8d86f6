//! The writer of a store: one connection that commits in groups.
//!
//! SQLite has one writer at a time, and each commit waits for the disk. Writes that arrive during a commit form a
//! group: they share the next transaction and its sync. Each of them leaves no trace in the others if it is refused or
//! fails, and each is acknowledged only after the sync. A group does not wait: what has arrived is written.
//!
//! A caller that finds the writer idle writes by itself, without the detour through another task. If a caller is
//! dropped, the connection is closed, which rolls back what was not committed, and the others continue. If its future
//! is kept but not polled, the others give up after [`MAX_WAIT`].

mod group;

use std::{
    fmt, mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicI64},
    time::Duration,
};

use sqlx::{ConnectOptions as _, Connection as _, Error, SqliteConnection, SqlitePool};
use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot},
    time::timeout,
};
use userbook::{
    Timestamp, UserRef,
    model::ChangeId,
    store::{ChangeSet, CommitOutcome, ProvisioningChange, StoreError, StoreErrorKind},
};

use crate::write::Write;

/// The longest time that a write waits until its group begins: longer than another process may hold the lock of the
/// database.
const MAX_WAIT: Duration = Duration::from_secs(15);

/// The writer. Clones share it.
#[derive(Clone)]
pub struct Writer {
    pool: SqlitePool,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Notified when a turn, or the opening or closing of a connection, ends.
    settled: Notify,
}

#[derive(Default)]
struct State {
    /// The connection while the writer is idle.
    connection: Option<SqliteConnection>,
    /// Whether a caller or a group writes.
    is_busy: bool,
    waiting: Vec<Waiting>,
    /// The number of writes that have waited.
    numbered: u64,
    /// Whether a task waits for the end of the pool.
    watches_pool: bool,
    /// Whether [`Writer::close`] was called. The writes that wait are still written.
    is_closed: bool,
    /// The number of connections that tasks open or close.
    counted: usize,
}

/// A write of a caller that waits.
struct Waiting {
    number: u64,
    change: Change,
    outcome: oneshot::Sender<Result<CommitOutcome, StoreError>>,
}

enum Change {
    Update(Box<ChangeSet>),
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
            Write::Update(change) => Self::Update(Box::new(change.clone())),
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

/// Nothing was written: the write before this one did not end.
#[derive(Debug, thiserror::Error)]
#[error("the write before this one did not end within {} s", MAX_WAIT.as_secs())]
struct WriterBusy;

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code under the lock panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_idle(self: &Arc<Self>) {
        let idle = {
            let mut state = self.state();
            let connection = state.connection.take();
            connection.map(|connection| Counted::new(self, &mut state, Some(connection)))
        };
        drop(idle);
    }
}

/// A connection that [`Writer::close`] waits for. If dropped, a task closes it: sqlx would close it at any later time.
struct Counted {
    shared: Arc<Shared>,
    connection: Option<SqliteConnection>,
}

impl Counted {
    /// Counts a connection, or one that is being opened, under the lock of the state. Drop it without the lock.
    fn new(shared: &Arc<Shared>, state: &mut State, connection: Option<SqliteConnection>) -> Self {
        state.counted += 1;
        Self { shared: Arc::clone(shared), connection }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Without a runtime, the connection is dropped.
        if let (Some(connection), Ok(runtime)) = (self.connection.take(), Handle::try_current()) {
            let counted = Self::new(&self.shared, &mut self.shared.state(), None);
            runtime.spawn(async move {
                // After a failure, sqlx closes the connection later.
                _ = connection.close().await;
                drop(counted);
            });
        }
        self.shared.state().counted -= 1;
        self.shared.settled.notify_waiters();
    }
}

impl Writer {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool, shared: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Writes, alone or in a group.
    pub(super) async fn write(&self, write: Write<'_>) -> Result<CommitOutcome, StoreError> {
        let outcome = {
            let mut state = self.state();
            if state.is_closed {
                return Err(super::failure(Error::PoolClosed));
            }
            if state.is_busy {
                let (sender, outcome) = oneshot::channel();
                let number = state.numbered;
                state.numbered += 1;
                state.waiting.push(Waiting { number, change: write.into(), outcome: sender });
                Some((number, outcome))
            } else {
                state.is_busy = true;
                None
            }
        };
        match outcome {
            Some((number, outcome)) => self.wait(number, outcome).await,
            None => Turn::new(self.clone()).alone(write).await,
        }
    }

    /// Waits for the outcome of a write in a group.
    async fn wait(
        &self,
        number: u64,
        mut outcome: oneshot::Receiver<Result<CommitOutcome, StoreError>>,
    ) -> Result<CommitOutcome, StoreError> {
        let answer = match timeout(MAX_WAIT, &mut outcome).await {
            Ok(answer) => answer,
            Err(_) if self.withdraw(number) => {
                return Err(StoreError::new(StoreErrorKind::Transient, WriterBusy));
            }
            Err(_) => outcome.await,
        };
        answer.map_err(|_| StoreError::new(StoreErrorKind::Ambiguous, WriterEnded))?
    }

    /// Returns whether the write still waited.
    fn withdraw(&self, number: u64) -> bool {
        let mut state = self.state();
        let before = state.waiting.len();
        state.waiting.retain(|waiting| waiting.number != number);
        state.waiting.len() < before
    }

    /// Waits for the writes that have begun and for those that wait, and closes the connection. Later writes fail.
    pub(super) async fn close(&self) {
        self.state().is_closed = true;
        self.shared.close_idle();
        loop {
            let mut settled = pin!(self.shared.settled.notified());
            settled.as_mut().enable();
            let is_settled = {
                let state = self.state();
                !state.is_busy && state.counted == 0
            };
            if is_settled {
                return;
            }
            settled.await;
        }
    }

    /// Opens a connection of the writer's own, so that readers that use up the pool do not hold writes up. In a task:
    /// the caller may leave meanwhile.
    async fn connect(&self) -> Result<SqliteConnection, Error> {
        // A file that was deleted must not come back empty.
        let options = (*self.pool.connect_options()).clone().create_if_missing(false);
        let mut counted = Counted::new(&self.shared, &mut self.state(), None);
        let opening = tokio::spawn(async move {
            counted.connection = Some(options.connect().await?);
            Ok(counted)
        });
        let opened: Result<Counted, Error> = opening.await.map_err(|_| Error::WorkerCrashed)?;
        let connection = opened?.connection.take().ok_or(Error::WorkerCrashed)?;
        if !mem::replace(&mut self.state().watches_pool, true) {
            self.close_with_pool();
        }
        Ok(connection)
    }

    /// Closes the idle connection when the pool is closed.
    fn close_with_pool(&self) {
        let (closed, shared) = (self.pool.close_event(), Arc::downgrade(&self.shared));
        tokio::spawn(async move {
            closed.await;
            if let Some(shared) = shared.upgrade() {
                shared.close_idle();
            }
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
    connection: Option<SqliteConnection>,
    /// Whether the connection has no open transaction: only then another write uses it.
    is_clean: bool,
}

impl Turn {
    fn new(writer: Writer) -> Self {
        let connection = writer.state().connection.take();
        Self { writer, connection, is_clean: true }
    }

    /// Returns the connection, not clean until the caller says so.
    async fn connection(&mut self) -> Result<&mut SqliteConnection, Error> {
        if !self.is_clean {
            self.close_dirty();
        }
        // The host has closed the pool. The store closes the writer first.
        if self.writer.pool.is_closed() && !self.writer.state().is_closed {
            return Err(Error::PoolClosed);
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.writer.connect().await?,
        };
        self.is_clean = false;
        Ok(self.connection.insert(connection))
    }

    fn close_dirty(&mut self) {
        let shared = &self.writer.shared;
        let closing = Counted::new(shared, &mut shared.state(), self.connection.take());
        drop(closing);
        self.is_clean = true;
    }

    /// Writes in a transaction of its own.
    async fn alone(&mut self, write: Write<'_>) -> Result<CommitOutcome, StoreError> {
        let connection = self.connection().await.map_err(super::failure)?;
        let answer = write.run::<sqlx::Sqlite>(connection).await;
        self.is_clean = answer.is_ok();
        answer
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.writer.state();
        let waiting = mem::take(&mut state.waiting);
        let next = Handle::try_current().ok().filter(|_| !waiting.is_empty());
        let stays = next.is_some() || !state.is_closed && !self.writer.pool.is_closed();
        let connection = self.connection.take();
        let closing = if self.is_clean && stays {
            state.connection = connection;
            None
        } else {
            Some(Counted::new(&self.writer.shared, &mut state, connection))
        };
        state.is_busy = next.is_some();
        // Spawning takes the lock: a runtime that shuts down drops a spawned task at once.
        drop(state);
        drop(closing);
        if let Some(runtime) = next {
            let next = Self::new(self.writer.clone());
            runtime.spawn(group::write(next, waiting));
        } else {
            self.writer.shared.settled.notify_waiters();
            // Without a runtime they cannot be written.
            drop(waiting);
        }
    }
}
