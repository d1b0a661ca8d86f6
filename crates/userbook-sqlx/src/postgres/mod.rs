//! PostgreSQL, 12 or later, with the encoding UTF8.
//!
//! A load is one statement, and so is a commit: an update takes two round trips. A commit locks what it depends on
//! before it writes, always in one order: the counters, users by id, groups by id. Remaining deadlocks are
//! [`Conflict`](userbook::store::CommitOutcome::Conflict). A list is a read transaction of two or three statements.
//!
//! # The pool
//!
//! [`connect_options`] and [`pool_options`] return recommended options. TLS is a feature of sqlx. A pooler that
//! changes the connection between transactions must track prepared statements, as PgBouncer does from version 1.21
//! with `max_prepared_statements`. `statement_cache_capacity(0)` does not help with others, because sqlx names its
//! statements then, too.
//!
//! # The host's transactions
//!
//! Begin a transaction with [`begin_write`](PostgresStore::begin_write).
//! [`commit_in`](PostgresStore::commit_in) leaves no trace and no lock unless the change is applied. After a dropped
//! future, of a load too, drop the transaction; nothing is written. Above the level `READ COMMITTED`, a transaction
//! whose first statement saw an older state gets [`Conflict`](userbook::store::CommitOutcome::Conflict), and only a new
//! transaction helps. The host's own `COMMIT` may fail for the same reason, with `40001` or `40P01`.
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
pub use options::{SESSION, connect_options, pool_options};

/// A trigger for hosts that write users by statements of their own; the
/// [schema](https://github.com/userbook/userbook/blob/main/crates/userbook-sqlx/docs/schema.md) describes it. Run it
/// after `migrate`; running it again changes nothing.
pub const REVISION_TRIGGER: &str = include_str!("../../triggers/postgres.sql");

/// Users, groups and events in a PostgreSQL database.
pub type PostgresStore = crate::SqlStore<sqlx::Postgres>;
