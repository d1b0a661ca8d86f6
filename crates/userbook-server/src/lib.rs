//! The reference host of [Userbook](userbook): authentik's "update user" over HTTP, on a database of its own.
//!
//! It is what a newcomer runs first, and an example of what a host does: it keeps tokens and permissions in tables
//! of its own, opens a store, builds the service, and plugs it into axum. It must not know any rule about users.
//!
//! For those who have a directory in authentik: [`moving_from_authentik`].
//!
//! Who may do what is said by permissions in its tables; built with the feature `cedar`, by a file of
//! [Cedar policies](https://docs.rs/userbook-cedar) if there is one (`--cedar FILE`).
//!
//! ```
//! use clap::Parser;
//! use userbook_server::Settings;
//!
//! let settings = Settings::parse_from(["userbook-server", "--database", "memory:", "--body-timeout", "5"]);
//! assert_eq!(settings.listen.port(), 9000);
//! assert_eq!(settings.limits.body_timeout.as_secs(), 5);
//! ```
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `cedar` | off | `--cedar FILE`: Cedar policies in place of permissions |
//!
//! # Limits
//!
//! Each is an option of the command line and a variable of the environment: see [`Limits`] or `--help`.
//!
//! | what | default | variable | beyond it |
//! | --- | --- | --- | --- |
//! | `--max-connections` | 16384, or what the limit on open files allows: it is raised as far as the system lets | `USERBOOK_MAX_CONNECTIONS` | others wait in the kernel's queue |
//! | `--header-timeout` | 30 s, for the head of a request and for rest between two | `USERBOOK_HEADER_TIMEOUT` | the connection is closed |
//! | head of a request | 64 KiB, 100 lines | | 431 |
//! | `--body-timeout` | 20 s for the whole body | `USERBOOK_BODY_TIMEOUT` | 408 |
//! | `--max-body` | 4 MiB | `USERBOOK_MAX_BODY` | 413 |
//! | `--body-memory` | 64 MiB for all bodies at once | `USERBOOK_BODY_MEMORY` | 503 |
//! | `--write-timeout` | 30 s without reading any of an answer | `USERBOOK_WRITE_TIMEOUT` | the connection is closed |
//! | `--max-requests` | 64 at work | `USERBOOK_MAX_REQUESTS` | others wait |
//! | `--max-waiting` | 512 | `USERBOOK_MAX_WAITING` | 503 at once |
//! | `--wait-timeout` | 1 s | `USERBOOK_WAIT_TIMEOUT` | 503 |
//! | `--update-timeout` | 10 s, 32 attempts | `USERBOOK_UPDATE_TIMEOUT` | 409 if others were faster, else the last failure |
//! | `--step-timeout` | 10 s for each question to the database or the authorizer | `USERBOOK_STEP_TIMEOUT` | see below |
//! | `--database-connections` | 8 | `USERBOOK_DATABASE_CONNECTIONS` | others wait |
//! | `--acquire-timeout` | 3 s for one of them | `USERBOOK_ACQUIRE_TIMEOUT` | 503 |
//! | `--statement-timeout` | 5 s (PostgreSQL, MariaDB) | `USERBOOK_STATEMENT_TIMEOUT` | tried again, then 503 |
//! | `--lock-timeout` | 3 s | `USERBOOK_LOCK_TIMEOUT` | tried again, then 409 or 503 |
//! | `--health-timeout` | 2 s | `USERBOOK_HEALTH_TIMEOUT` | 503 |
//! | `--shutdown-timeout` | 30 s | `USERBOOK_SHUTDOWN_TIMEOUT` | what is under way is cut |
//!
//! The body of a request is not received before its caller is authorized: anonymous and denied callers use no memory
//! for bodies and receive no `100 Continue`. While the server waits for data of a body, the request has no place among
//! `--max-requests`, so slow clients keep no other request from working. A client that is still sending when it is
//! denied can read the response: up to 256 KiB of the body are discarded, for up to 1 s, before the connection closes.
//!
//! # What an answer promises
//!
//! - **503** has a `Retry-After`, and nothing was written: there was no room, or the database or the authorizer
//!   gave no answer to a question that writes nothing. Sending the same again is safe.
//! - **408, 409 and 413** have written nothing either.
//! - **500** may follow a commit that got no answer. A commit is never cut: not when its time is over, not when the
//!   client leaves. The service looks the change up for as long as `--update-timeout` allows, and answers
//!   200 if it finds it. If it cannot find out, the answer is 500, and the user must be read to know. As long as a
//!   commit may still land, no other answer is given.
//! - A **connection that breaks** before the answer tells nothing. What was under way is applied as a whole or not
//!   at all. With `If-Match`, sending the same again is safe in any case.
//!
//! # Health
//!
//! `/-/health/live/` answers 200 while the process is there; `/-/health/ready/` answers 200 if the database answers
//! within `--health-timeout`, else 503. Both are authentik's, need no token, have no body, and pass all limits on
//! requests. However many ask, the database is asked twice a second at the most.
//!
//! # Stopping
//!
//! On SIGTERM or SIGINT nothing new is accepted, what is under way is finished, audit events are handed on, and the
//! process ends with 0. After `--shutdown-timeout`, or at a second signal, it cuts what is left and ends with 1.
//!
//! # Logs
//!
//! `USERBOOK_LOG` takes filters like `info,userbook=debug`, and the log goes to standard error. Spans and their
//! fields are described at [`userbook`]. What lies behind an answer of 500 is an error in it, behind one of 503
//! a warning.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../docs/authentik.md")]
pub mod moving_from_authentik {}

mod auth;
mod authorizer;
mod backoff;
mod bootstrap;
mod cli;
mod database;
mod database_url;
mod events;
mod fd_limit;
mod gate;
mod limits;
mod pages;
mod seed;
mod serve;
mod session;
mod with_timeout;

pub use auth::{
    AuthRows, AuthStore, GrantRow, GrantedOn, MemoryAuth, MySqlAuth, PostgresAuth, SqliteAuth, TokenRow,
};
pub use backoff::Jitter;
pub use bootstrap::{Administrator, BootstrapError};
pub use cli::{EventTarget, PolicyName, Settings};
pub use database::{Database, DatabaseError};
pub use database_url::DatabaseUrl;
pub use limits::Limits;
pub use seed::{Seed, SeedError};
pub use serve::run;
