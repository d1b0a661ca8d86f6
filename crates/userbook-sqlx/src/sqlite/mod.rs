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

mod dialect;
mod driver;
mod error;
mod options;
mod row;
mod single_command;
mod sql;
mod write;

pub use error::failure;
pub use options::{connect, connect_options};

/// Users, groups and events in a SQLite database.
pub type SqliteStore = crate::SqlStore<sqlx::Sqlite>;
