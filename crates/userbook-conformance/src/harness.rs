//! What the kit must know about a store.

use std::{pin::Pin, sync::Arc};

use userbook::{
    Timestamp, UserId, UserStore,
    store::{ImportData, Outbox},
};

/// A task to run concurrently.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A store under test. Cases run concurrently and in any order, each with its own harness; harnesses must not share a
/// database.
pub trait Harness: Sized + Send + Sync + 'static {
    /// The type of the store.
    type Store: UserStore + Outbox;

    /// Creates a store with a new database that contains only these rows.
    fn with(rows: &ImportData) -> impl Future<Output = Self> + Send;

    /// Returns the store.
    fn store(&self) -> Arc<Self::Store>;

    /// Writes these two columns without the store, and keeps the row's revision, as a host does at a login.
    fn write_out_of_band(
        &self,
        user: UserId,
        last_login: Timestamp,
        password_change_date: Timestamp,
    ) -> impl Future<Output = ()> + Send;

    /// Runs a task on another thread if the runtime has several: `tokio::spawn` or similar. The returned task ends
    /// when the given task has ended, and panics if it panicked.
    fn spawn(task: Task) -> Task;
}
