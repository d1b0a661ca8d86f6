//! What the kit needs to know of a store.

use std::{pin::Pin, sync::Arc};

use userbook::{
    Timestamp, UserId, UserStore,
    store::{ImportData, Outbox},
};

/// Work to be done beside other work.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A store under test. Cases run at once and in any order, each with a harness of its own: no two of them may
/// share a database.
pub trait Harness: Sized + Send + Sync + 'static {
    /// The store.
    type Store: UserStore + Outbox;

    /// A store with a new, empty database that then got these rows, and nothing else.
    fn with(rows: &ImportData) -> impl Future<Output = Self> + Send;

    /// The store.
    fn store(&self) -> Arc<Self::Store>;

    /// Writes these two columns behind the store's back and leaves the row's revision alone, as a host does on a
    /// login.
    fn write_out_of_band(
        &self,
        user: UserId,
        last_login: Timestamp,
        password_change_date: Timestamp,
    ) -> impl Future<Output = ()> + Send;

    /// Runs a task on another thread, if the runtime has several: `tokio::spawn` and the like. The returned task
    /// ends when the given one has ended, and panics if that did.
    fn spawn(task: Task) -> Task;
}
