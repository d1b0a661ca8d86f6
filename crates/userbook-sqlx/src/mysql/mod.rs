//! MariaDB: tested with 10.11. MySQL is not supported: it has no `DELETE … RETURNING`.
//!
//! A load is one statement and one round trip. A commit is a transaction whose first statement is a conditional write,
//! never a read:
//!
//! | round trip | when |
//! | --- | --- |
//! | `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION` | always |
//! | the counters: compare, lock, increment | if the change has a guard on a counter |
//! | the user's row, and the actor's row if the change has a guard on the actor | always |
//! | groups left | if there are some |
//! | groups joined | if there are some |
//! | the event | always |
//! | `COMMIT` | always |
//!
//! An ordinary update takes 4 round trips, the largest 7. sqlx prepares each statement once for each connection, which
//! adds a round trip the first time.
//!
//! A list is a read transaction of two or three statements. The store counts users and groups in `userbook_count`: a
//! host that inserts or deletes such rows itself must correct the counts. Texts are ordered by their first
//! `max_sort_length` bytes, 1024 by default.
//!
//! # The pool
//!
//! [`pool_options`] and [`connect_options`] return recommended options. [`migrate`](MySqlStore::migrate) rejects
//! connections without a strict `sql_mode`, `utf8mb4`, foreign key checks or unlimited recursion. Time zones do not
//! matter: times are UTC, in columns of type `DATETIME`.
//!
//! The store closes a connection on which an operation was interrupted, by a dropped future or a network failure. The
//! server then rolls back. The driver cannot find out where in the protocol it stopped: the next user of the
//! connection would read the answer to another statement.
//!
//! # The host's transactions
//!
//! Begin a transaction for [`commit_in`](MySqlStore::commit_in) with [`begin_write`](MySqlStore::begin_write), which
//! runs [`BEGIN`]: under `REPEATABLE READ` a load would return rows that have long been overwritten. `Transient` may
//! mean that a deadlock or a lock timeout has undone the host's whole transaction: roll back and begin again. After a
//! dropped future, of a load too, drop the transaction; nothing is written.
//!
//! # Clusters
//!
//! A Galera cluster compares what transactions on different nodes have *written*, not what they read or locked. A
//! change that depends on a counter therefore increments it, and a change that depends on the actor writes the actor's
//! row, in the column `relied_on`. The price is some retries: of two concurrent changes that depend on one counter,
//! one is decided again. The tests commit concurrently on two nodes.
//!
//! Migrate a cluster from one node at a time: `GET_LOCK` is local to a node.
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
mod sql;
mod write;

pub use error::failure;
pub use options::{connect_options, pool_options};
pub use sql::{BEGIN, SESSION};

/// A trigger for hosts that write users by statements of their own; the
/// [schema](https://github.com/userbook/userbook/blob/main/crates/userbook-sqlx/docs/schema.md) describes it. Run it
/// after `migrate`; running it again changes nothing.
pub const REVISION_TRIGGER: &str = include_str!("../../triggers/mysql.sql");

/// Users, groups and events in a MariaDB database.
pub type MySqlStore = crate::SqlStore<sqlx::MySql>;
