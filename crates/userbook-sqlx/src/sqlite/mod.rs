//! SQLite.
//!
//! An update of columns without memberships is one command to the connection's thread. Other writes begin with
//! `BEGIN IMMEDIATE`: they wait for the write lock, where upgrading a read lock would fail. A read is one statement, a
//! list one transaction. In WAL mode reads never wait.
//!
//! # The writer
//!
//! Updates and changes of the directory have one writer per store, with a connection of its own beside the pool,
//! opened with the pool's connect options. Writes that arrive during a commit form a group: they share the next
//! transaction, and its wait for the disk. A group does not wait for further writes. Each write is acknowledged
//! after the commit of its group; one that is refused or fails leaves no trace in the others. A caller that is
//! dropped affects no other. If a caller keeps the future of a write without polling it, the others fail with
//! `Transient` after 15 seconds. The writer ends with the pool; only [`close`](SqliteStore::close) waits for its writes
//! and closes its file. A pool of one connection has no writer beside it: its connection writes.
//!
//! # The pool
//!
//! [`connect_options`] returns recommended options. [`connect`] opens a pool that a second process may open at the
//! same time. [`migrate`](SqliteStore::migrate) rejects a pool without foreign keys; sqlx enables them by default. An
//! in-memory database belongs to one connection: its pool has exactly one, without `idle_timeout` and `max_lifetime`.
//!
//! # The host's transactions
//!
//! Begin a transaction for [`commit_in`](SqliteStore::commit_in) with [`begin_write`](SqliteStore::begin_write). A
//! transaction of another kind that has read may become unable to write. The outcome is then
//! [`Conflict`](userbook::store::CommitOutcome::Conflict), and only a new transaction helps. After a dropped future or
//! an error, drop the transaction; nothing is written. Some errors (a full disk) end it without notice to sqlx.
//!
//! # The host's own writes
//!
//! A host may read these tables, and write `last_login` and `password_change_date` freely. Any new value of
//! `session_epoch` ends the user's sessions. Every other write to a user needs a new `revision`; otherwise updates do
//! not notice the write.
//!
//! Change `username` and `email` by the library only. Each has a row in `userbook_claim` with a digest of the folded
//! name; without the right row, another user may take the new name, and the old one stays taken. The member `emails` of
//! `attributes` has rows in `userbook_further_address`, which the library writes too.

mod dialect;
mod driver;
mod error;
mod options;
mod row;
mod single_command;
mod sql;
mod write;
mod writer;

pub use error::failure;
pub use options::{connect, connect_options, file_options};

/// A trigger for hosts that write users by statements of their own; the
/// [schema](https://github.com/userbook/userbook/blob/main/crates/userbook-sqlx/docs/schema.md) describes it. Run it
/// after `migrate`; running it again changes nothing.
pub const REVISION_TRIGGER: &str = include_str!("../../triggers/sqlite.sql");

/// Users, groups and events in a SQLite database.
pub type SqliteStore = crate::SqlStore<sqlx::Sqlite>;
