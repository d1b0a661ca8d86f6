//! PostgreSQL: the server in `USERBOOK_TEST_POSTGRES_URL`, or one server for this process.

mod database;
mod instance;
mod proxy;
mod server;

pub use database::Database;
pub use instance::Instance;
pub use proxy::{Messages, Postgres, Proxy};
pub use server::{Server, server};
