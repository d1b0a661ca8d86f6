//! PostgreSQL: the server in `USERBOOK_TEST_POSTGRES_URL`, or one server for this process.

mod bouncer;
mod database;
mod instance;
mod pooled;
mod proxy;
mod server;

pub use bouncer::PgBouncer;
pub use database::Database;
pub use instance::Instance;
pub use pooled::Pooled;
pub use proxy::{Messages, Postgres, Proxy};
pub use server::{Server, server};
