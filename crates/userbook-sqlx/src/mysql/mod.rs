//! MariaDB, and MySQL with it: tested with MariaDB 10.11.
//!
//! A load is one statement and one round trip. A commit is a transaction whose first statement is a conditional
//! write, never a read:
//!
//! | round trip | when |
//! | --- | --- |
//! | `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION` | always |
//! | the counters: compare, lock and count | only if the change has a guard on one |
//! | the user's row, and the actor's if that was decisive | always |
//! | groups left | only if there are some |
//! | groups joined | only if there are some |
//! | the event | always |
//! | `COMMIT` | always |
//!
//! That is 4 for an ordinary update and 7 for one with everything in it. sqlx prepares each statement once for each
//! connection, which is a round trip more the first time.
//!
//! A list is a read transaction of two or three statements. Users and groups are counted as they come and go, by a
//! statement of the store's: whoever inserts or deletes rows of users or groups behind its back corrects
//! `userbook_count`. Texts are ordered by their first `max_sort_length` bytes, 1024 by default.
//!
//! # The pool
//!
//! The pool is the host's. [`pool_options`] and [`connect_options`] give what is recommended. Connections must
//! refuse what does not fit (a strict `sql_mode`), speak `utf8mb4` and check foreign keys, and
//! [`MySqlStore::migrate`] refuses a pool without. Time zones do not matter: moments are kept in UTC and as
//! `DATETIME`. The isolation level is the store's business but for [`MySqlStore::commit_in`].
//!
//! A connection on which an operation was interrupted, because its future was dropped or the network failed, is
//! closed, and the server rolls back what was open on it. The driver cannot tell where in the protocol it stopped;
//! given back to the pool, the next user of such a connection would read the answer to another question.
//!
//! # Clusters
//!
//! A Galera cluster compares what transactions on different nodes have *written* and takes no notice of what they
//! read or locked. So whoever relies on a counter increments it as those do who change what it stands for, and the
//! actor's row is written too, in the column `relied_on`, which means nothing else. It costs some retries: of
//! two changes that rely on one counter at the same moment, one is refused and decided again. The tests commit
//! against each other on two nodes.
//!
//! Migrate a cluster from one node at a time: `GET_LOCK` is a node's own.
//!
//! # The host's own writes
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
pub use options::{connect_options, pool_options};
pub use sql::{BEGIN, SESSION};

/// Users, groups and events in a MariaDB or MySQL database.
pub type MySqlStore = crate::SqlStore<sqlx::MySql>;
