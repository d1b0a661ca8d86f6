//! SQLite.
//!
//! Writes begin with `BEGIN IMMEDIATE`: they wait for the one write lock there is instead of failing when a read
//! lock would have to become one. Reads are one statement each and, in WAL mode, never wait.
//!
//! The pool is the host's. [`connect_options`] gives what is recommended; foreign keys must be on (sqlx turns
//! them on unless told otherwise, and [`SqliteStore::migrate`] refuses a pool without). A database in memory
//! belongs to one connection, so it needs a pool of exactly one that is never closed.
//!
//! A host may write to these tables itself: note a login, change the copy of `is_active`, read events. What it
//! writes to other columns of a user must come with a new `revision`, or updates will not notice.

mod bind;
mod commit;
mod error;
mod load;
mod migrate;
mod options;
mod outbox;
mod ports;
mod provision;
mod row;
mod seed;
mod sql;
mod survey;

use std::fmt;

use sqlx::{Sqlite, SqlitePool, Transaction};
use userbook::StoreError;

pub use migrate::migrate;
pub use options::connect_options;

/// Users, groups and events in a SQLite database.
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// A store on the host's pool; see [`migrate`](Self::migrate).
    pub fn new(pool: SqlitePool) -> Self {
        Self { pool }
    }

    /// The pool.
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Begins a transaction that may write. Dropped before its end it rolls back, in whatever state: the
    /// connection's thread works off its commands in order.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool.begin_with(sql::BEGIN).await.map_err(error::failure)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

/// Ends a transaction: keeps it, or leaves no trace.
async fn end(transaction: Transaction<'_, Sqlite>, keep: bool) -> Result<(), StoreError> {
    if keep {
        transaction.commit().await.map_err(error::commit_failure)
    } else {
        transaction.rollback().await.map_err(error::failure)
    }
}
