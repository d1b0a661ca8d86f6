//! SQL stores for [Userbook](userbook) over [sqlx]: one module and one feature for each database.
//!
//! | feature | store | database |
//! | --- | --- | --- |
//! | `sqlite` | [`SqliteStore`] | SQLite, built in |
//! | `mysql` | [`MySqlStore`] | MariaDB, and MySQL with it (tested with MariaDB) |
//! | `postgres` | [`PostgresStore`] | PostgreSQL |
//!
//! No feature is on by default. Without a feature the crate is empty.
//!
//! A load is one statement. A commit is one statement where the database can (PostgreSQL), else one transaction
//! that starts with a conditional write. The statements are plain `.sql` files. The pool is the host's, and so is
//! the decision to [migrate](SqliteStore::migrate).
//!
//! A store keeps a connection of the pool from one operation to the next: for 10 milliseconds when nothing is to be
//! done, for 50 when much is. The pool would ask each of them how it is, every time, which takes as long as an
//! operation. A statement of the host's that finds all connections in use waits so much longer at most; a pool that is
//! closed, too.
//!
//! What it must not know: any rule about users. It answers facts and applies conditional writes.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! use userbook::{ImportData, ImportStore, SnapshotQuery, User, UserId, UserStore, UserType};
//! use userbook_sqlx::sqlite::{SqliteStore, connect_options};
//!
//! // A database in memory belongs to its one connection; a real one is `sqlite://users.db`.
//! let pool = sqlx::sqlite::SqlitePoolOptions::new()
//!     .max_connections(1)
//!     .connect_with(connect_options("sqlite::memory:")?)
//!     .await?;
//! let store = SqliteStore::new(pool);
//! store.migrate().await?;
//!
//! let ann = User {
//!     id: UserId(7),
//!     uuid: uuid::Uuid::from_u128(7),
//!     username: "ann".to_owned(),
//!     name: "Ann".to_owned(),
//!     email: String::new(),
//!     is_active: true,
//!     last_login: None,
//!     path: "users".to_owned(),
//!     user_type: UserType::Internal,
//!     attributes: serde_json::json!({}).into(),
//!     groups: [].into(),
//!     password_change_date: userbook::Timestamp::UNIX_EPOCH,
//!     revision: userbook::Revision(uuid::Uuid::nil()),
//!     version: 0,
//! };
//! store.import(&ImportData { users: vec![ann.clone()], ..ImportData::default() }).await?;
//!
//! let snapshot = store.load(&SnapshotQuery::user(UserId(7))).await?;
//! assert_eq!(snapshot.user, Some(ann));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]

mod backend;
mod bulk;
mod commit;
mod connection_cache;
mod decode;
mod encode;
mod error;
mod import;
mod json;
mod listing;
mod load;
mod members;
mod migration;
#[cfg(feature = "mysql")]
pub mod mysql;
mod outbox;
#[cfg(feature = "postgres")]
pub mod postgres;
mod provision;
mod snapshot;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod statement;
mod statements;
mod store;
mod value;

pub use decode::DecodeError;
pub use migration::{MigrateError, Migration, migrate};
#[cfg(feature = "mysql")]
pub use mysql::MySqlStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
#[doc(hidden)]
pub use statement::{Placeholders, Resolved, resolve};
pub use store::SqlStore;
