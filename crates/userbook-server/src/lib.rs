//! The reference host of [Userbook](userbook): authentik's "update user" over HTTP, on a database of its own.
//!
//! It is what a newcomer runs first, and an example of what a host does: it keeps tokens and permissions in tables
//! of its own, opens a store, builds the service, and plugs it into axum. It must not know any rule about users.
//!
//! Who may do what is said by permissions in its tables; built with the feature `cedar`, by a file of
//! [Cedar policies](https://docs.rs/userbook-cedar) if there is one (`--cedar FILE`).
//!
//! ```
//! use clap::Parser;
//! use userbook_server::Settings;
//!
//! let settings = Settings::parse_from(["userbook-server", "--database", "memory:"]);
//! assert_eq!(settings.listen.port(), 9000);
//! ```

mod auth;
mod authorizer;
mod backoff;
mod bootstrap;
mod cli;
mod database;
mod events;
mod seed;
mod serve;

pub use auth::{
    AuthRows, AuthStore, GrantRow, GrantedOn, MemoryAuth, MySqlAuth, PostgresAuth, SqliteAuth, TokenRow,
};
pub use backoff::Jitter;
pub use bootstrap::{Administrator, BootstrapError};
pub use cli::{EventTarget, PolicyName, Settings};
pub use database::{Database, DatabaseError};
pub use seed::{Seed, SeedError};
pub use serve::run;
