//! SQLite.
//!
//! An update that changes columns and no membership is given to the connection's thread as one command. Writes begin
//! with `BEGIN IMMEDIATE`: they wait for the one write lock there is instead of failing when a read lock would have to
//! become one. Reads are one statement each (listing: one transaction) and, in WAL mode, never wait.
//!
//! The pool is the host's. [`connect_options`] gives what is recommended, [`connect`] a pool that a second
//! process may open at the same moment. Foreign keys must be on: sqlx turns them on by default, and
//! [`SqliteStore::migrate`] refuses a pool without. A database in memory belongs to one connection: its pool has
//! exactly one, with neither `idle_timeout` nor `max_lifetime`.
//!
//! A host may read these tables, and write `last_login` and `password_change_date` as it likes. Whatever else it
//! writes to a user must come with a new `revision`, or updates will not notice.

mod at_once;
mod bind;
mod commit;
mod dialect;
mod error;
mod list;
mod load;
mod load_directory;
mod members;
mod migrate;
mod options;
mod outbox;
mod provision;
mod row;
mod seed;
mod sql;
mod transaction;

use std::fmt;

use sqlx::{Sqlite, SqlitePool};
use userbook::store::StoreError;

use crate::leases::{Lease, Leases};

pub use error::failure;
pub use migrate::migrate;
pub use options::{connect, connect_options};

/// Users, groups and events in a SQLite database.
#[derive(Clone)]
pub struct SqliteStore {
    leases: Leases<Sqlite>,
}

impl SqliteStore {
    /// A store on the host's pool; see [`migrate`](Self::migrate).
    pub fn new(pool: SqlitePool) -> Self {
        Self { leases: Leases::new(pool, at_once::roll_back) }
    }

    /// The pool.
    pub fn pool(&self) -> &SqlitePool {
        self.leases.pool()
    }

    /// A connection for one write; hand it to [`settle`] with the answer.
    async fn writer(&self) -> Result<Lease<Sqlite>, StoreError> {
        self.leases.take().await.map_err(error::failure)
    }
}

/// Gives the connection back, unless the write failed. Some failures (a full disk is one) end a transaction without
/// anybody's word, and sqlx would take the connection to be in it for ever.
fn settle<T>(lease: Lease<Sqlite>, answer: Result<T, StoreError>) -> Result<T, StoreError> {
    if answer.is_ok() {
        lease.give_back();
    } else {
        lease.close();
    }
    answer
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

crate::ports::ports!(SqliteStore);
