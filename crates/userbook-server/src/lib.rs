//! The reference host of [Userbook](userbook): authentik's user API over HTTP, with its own database.
//!
//! It is the fastest way to try Userbook, and an example of a host: it stores tokens and permissions in its own
//! tables, opens a store, builds the service and connects it to axum. It must not know any rule about users.
//!
//! Guides: [`administration`], [`operations`] (metrics, slow clients, TLS, PgBouncer), [`scim_connections`] for Okta,
//! Entra and other identity providers, and [`moving_from_authentik`] for directories from authentik.
//!
//! Permissions in the server's tables decide access. With the feature `cedar`, a file of [Cedar
//! policies](https://docs.rs/userbook-cedar) can replace them (`--cedar FILE`).
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
//! | `cedar` | off | `--cedar FILE`: Cedar policies instead of permissions |
//!
//! # Limits
//!
//! Each limit is a command-line option and an environment variable: see [`Limits`] or `--help`.
//!
//! | limit | default | variable | beyond the limit |
//! | --- | --- | --- | --- |
//! | `--max-connections` | 16384, or fewer if the open-file limit cannot be raised enough | `USERBOOK_MAX_CONNECTIONS` | new connections wait in the kernel's queue |
//! | `--header-timeout` | 30 s for the head of a request, and for idle time between requests | `USERBOOK_HEADER_TIMEOUT` | the connection is closed |
//! | head of a request | 64 KiB, 100 lines | | 431 |
//! | `--body-timeout` | 20 s for the whole body | `USERBOOK_BODY_TIMEOUT` | 408 |
//! | `--body-rate` | 1024 bytes per second after 5 s | `USERBOOK_BODY_RATE` | 408 |
//! | `--max-body` | 4 MiB | `USERBOOK_MAX_BODY` | 413 |
//! | `--body-memory` | 64 MiB for all bodies at once, a quarter of it for one caller | `USERBOOK_BODY_MEMORY` | 503 |
//! | `--response-memory` | 256 MiB for all responses that are not read, a quarter of it for one caller | `USERBOOK_RESPONSE_MEMORY` | 503 |
//! | `--head-memory` | 32 MiB for heads beyond the first 8 KiB of each connection | `USERBOOK_HEAD_MEMORY` | the connection is closed |
//! | `--write-timeout` | 30 s without reading any byte of a response | `USERBOOK_WRITE_TIMEOUT` | the connection is closed |
//! | `--max-requests` | 64 running | `USERBOOK_MAX_REQUESTS` | further requests wait |
//! | `--max-waiting` | 512 | `USERBOOK_MAX_WAITING` | 503 immediately |
//! | `--wait-timeout` | 1 s | `USERBOOK_WAIT_TIMEOUT` | 503 |
//! | `--update-timeout` | 10 s, 32 attempts | `USERBOOK_UPDATE_TIMEOUT` | 409 after conflicts, otherwise the last error |
//! | `--step-timeout` | 10 s for each call of the database or the authorizer | `USERBOOK_STEP_TIMEOUT` | see below |
//! | `--start-timeout` | 30 s for a database that does not take connections at the start | `USERBOOK_START_TIMEOUT` | the server exits with 1 |
//! | `--database-connections` | 8 | `USERBOOK_DATABASE_CONNECTIONS` | further operations wait |
//! | `--tenant-connections` | 2 for each tenant of `--tenants` | `USERBOOK_TENANT_CONNECTIONS` | further operations of the tenant wait |
//! | `--tenant-idle` | 60 s | `USERBOOK_TENANT_IDLE` | the tenant's connections are closed |
//! | `--acquire-timeout` | 3 s for a database connection | `USERBOOK_ACQUIRE_TIMEOUT` | 503 |
//! | `--statement-timeout` | 5 s (PostgreSQL, MariaDB) | `USERBOOK_STATEMENT_TIMEOUT` | retried, then 503 |
//! | `--lock-timeout` | 3 s | `USERBOOK_LOCK_TIMEOUT` | retried, then 409 or 503 |
//! | `--health-timeout` | 2 s | `USERBOOK_HEALTH_TIMEOUT` | 503 |
//! | `--shutdown-timeout` | 30 s | `USERBOOK_SHUTDOWN_TIMEOUT` | running requests are cut |
//!
//! The server receives the body of a request only after it has authorized the caller: anonymous and denied callers use
//! no memory for bodies and receive no `100 Continue`. While the server waits for data of a body, the request has no
//! slot among `--max-requests`, so that slow clients do not block other requests. A client that is still sending when
//! it is denied can read the response: the server discards up to 256 KiB of the body, for up to 1 s, before it closes
//! the connection.
//!
//! # Meaning of responses
//!
//! - **503** has a `Retry-After`, and nothing was written: the server was overloaded, or the database or the
//!   authorizer did not respond to a call that does not write. Repeating the request is safe.
//! - **408, 409 and 413** have written nothing either.
//! - **500** may follow a commit in doubt. The server never cancels a commit, neither after a timeout nor when the
//!   client leaves. The service looks for the change until `--update-timeout`, and responds with 200 if it finds the
//!   change. Otherwise the response is 500, and the client must read the user to learn the outcome. While a commit may
//!   still be applied, the server sends no other response.
//! - After a **connection that breaks** before the response, the outcome is unknown: the request is applied completely
//!   or not at all. With `If-Match`, repeating the request is always safe.
//!
//! # Events
//!
//! `--events` names destinations of audit events; without one, events stay in the database. Each event is delivered at
//! least once, those of one user in their order. A receiver recognizes a repeated event by its id.
//!
//! | destination | delivered once |
//! | --- | --- |
//! | `stdout` | the line is written |
//! | `file:PATH` | the line is on disk. The file is rotated at `--events-file-size`; `--events-files` older ones are kept |
//! | `https://…` | the receiver answers 2xx. Requests are signed with `--webhook-secret` as [Standard Webhooks](https://www.standardwebhooks.com) describes |
//!
//! No destination waits for another one. A delivery without an answer ends after 15 seconds, and a failed one is
//! repeated with growing pauses; meanwhile events of other users are delivered. An event that a destination rejects
//! `--events-tries` times is set aside for that destination: `events failed` lists it, and `events retry` sends it
//! again. An unreachable receiver, 408, 425, 429, 502, 503 and 504 do not count. Of several servers on one database,
//! one delivers at a time; another one takes over within a minute.
//!
//! Events are deleted after `--events-keep` days: delivered ones, those set aside, and all if there is no destination.
//! Values below
//! `--secret-attribute` appear in no event. [`StdoutSink`], [`FileSink`] and [`WebhookSink`] are available to hosts as
//! [`EventSink`](userbook::service::EventSink)s.
//!
//! # Tenants
//!
//! With `--tenants`, each request belongs to one tenant, which its host name (`host:example.com` for
//! `acme.example.com`) or the beginning of its path (`path` for `/acme/api/v3/…`) names. A tenant has a database of its
//! own: a PostgreSQL schema, a MariaDB database or a SQLite file. Users, tokens, permissions, events and SCIM
//! connections belong to it. The guide is [`tenants_guide`].
//!
//! # Health
//!
//! `/-/health/live/` returns 200 while the process runs. `/-/health/ready/` returns 200 if the database responds
//! within `--health-timeout`, otherwise 503. Both paths are authentik's; they need no token, have no body, and bypass
//! all limits of requests. The server checks the database at most twice per second, regardless of the number of health
//! requests.
//!
//! # Stopping
//!
//! On SIGTERM or SIGINT the server accepts no new connections, finishes running requests, delivers audit events, and
//! exits with 0. After `--shutdown-timeout` or a second signal, it cuts the remaining requests and exits with 1. A pipe
//! that is not read, or a full disk behind standard output or standard error, does not delay the end.
//!
//! # Logs
//!
//! `USERBOOK_LOG` takes filters such as `info,userbook=debug`; the log is written to standard error. [`userbook`]
//! describes the spans and their fields. The cause of a response with 500 is logged as error, the cause of a 503 as
//! warning. The server never waits for the reader of the log: lines that do not fit into a bounded queue are dropped,
//! and their number is logged at the end.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../docs/authentik.md")]
pub mod moving_from_authentik {}

#[doc = include_str!("../docs/test_double.md")]
pub mod test_double {}

#[doc = include_str!("../docs/administration.md")]
pub mod administration {}

#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = include_str!("../docs/scim.md")]
pub mod scim_connections {}

#[doc = include_str!("../docs/tenants.md")]
pub mod tenants_guide {}

mod admin;
mod ambient;
mod auth;
mod authorizer;
mod backoff;
mod bootstrap;
mod chain;
mod cli;
mod compression;
mod database;
mod events;
mod gate;
mod limits;
mod log;
mod maintenance;
mod metrics;
mod pages;
mod resources;
mod scim;
mod seed;
mod serve;
mod tenants;
mod with_timeout;
mod writer;

pub use admin::{
    BackupArgs, CheckArgs, DemoArgs, EventsArgs, ExportArgs, GroupArgs, ImportArgs, PermissionArgs, ScimArgs,
    TenantArgs, TokenArgs, UserArgs,
};
pub use auth::{
    AuthBackend, AuthRows, AuthStore, BeforeCommit, ConnectionRecord, ConnectionRow, ConnectionStore,
    GrantRow, GrantedOn, MemoryAuth, SqlAuth, TokenRow,
};
pub use backoff::Jitter;
pub use bootstrap::{Administrator, BootstrapError};
pub use chain::error_chain;
pub use cli::{Cli, Command, PolicyName, ReleaseName, Settings, WebhookSecret};
pub use database::{Database, DatabaseError, DatabaseUrl, FileError};
pub use events::{
    EventRejected, EventTarget, FileSink, StdoutSink, UnknownEventTarget, WebhookError, WebhookSink,
};
pub use limits::Limits;
pub use log::Log;
pub use metrics::Metrics;
pub use resources::{ResourceError, check_threads};
pub use seed::{Seed, SeedError};
pub use serve::serve;
pub use tenants::{InvalidTenantRouting, TenantRouting};

use self::resources::survive_large_files;

/// Runs a command line: the server with these metrics, or an administration command.
///
/// # Errors
/// Every failure, with its cause.
pub async fn run(cli: Cli, metrics: Metrics) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    survive_large_files()?;
    match cli.command {
        None => serve(cli.settings, metrics).await,
        Some(Command::Serve(settings)) => serve(*settings, metrics).await,
        Some(command) => admin::run(&cli.settings, command).await,
    }
}
