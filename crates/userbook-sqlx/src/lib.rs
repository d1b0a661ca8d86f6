#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "SQL stores for Userbook over sqlx. Enable `sqlite`, `postgres` or `mysql`: each feature adds one store."
)]
#![cfg_attr(
    not(all(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(dead_code, unused_imports, unused_macros, reason = "code that only the other databases use")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod batch;
mod bulk;
mod claims;
mod commit;
mod connection_cache;
mod decode;
mod driver;
mod encode;
mod error;
mod external_ids;
mod further_addresses;
pub mod host;
mod host_transaction;
mod import;
mod interrupt;
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
mod session;
mod snapshot;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod statement;
mod statements;
mod store;
mod transaction;
mod value;
mod write;

/// Guides.
#[cfg(feature = "sqlite")]
pub mod docs {
    #[doc = include_str!("../docs/adopt.md")]
    pub mod adopt {}

    #[doc = include_str!("../docs/schema.md")]
    pub mod schema {}

    #[doc = include_str!("../docs/versions.md")]
    pub mod sqlx_versions {}
}

/// The version of sqlx whose pools and transactions the stores take.
pub use sqlx;

pub use connection_cache::StoreConnection;
pub use decode::DecodeError;
pub use host_transaction::HostTransaction;
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
pub use transaction::{SqlTransaction, TransactionEnded};
