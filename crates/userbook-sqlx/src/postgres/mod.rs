//! PostgreSQL, 12 or later, with the encoding UTF8.
//!
//! A load is one statement, and so is a commit: an update takes two round trips. Whatever a commit relies on it
//! locks before it writes, always in one order: the counters, users by id, groups by id. Deadlocks that remain are
//! [`Conflict`](userbook::CommitOutcome::Conflict). A list is a read transaction of two or three statements.
//!
//! The pool is the host's; [`pool_options`] spares it the ping before each statement. TLS is a feature of sqlx that
//! the host turns on. Behind a pooler that gives each transaction another connection, turn the cache of prepared
//! statements off (`statement_cache_capacity(0)`), which costs a round trip for each statement.
//!
//! A host may read these tables, and write `last_login` and `password_change_date` as it likes. Whatever else it
//! writes to a user must come with a new `revision`, or updates will not notice.

mod dialect;
mod driver;
mod error;
mod options;
mod row;
mod sql;
mod write;

pub use error::failure;
pub use options::pool_options;

/// Users, groups and events in a PostgreSQL database.
pub type PostgresStore = crate::SqlStore<sqlx::Postgres>;
