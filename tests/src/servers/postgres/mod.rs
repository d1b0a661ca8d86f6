//! PostgreSQL: the server that `USERBOOK_TEST_POSTGRES_URL` names, or one of this process's own.

mod database;
mod instance;
mod proxy;
mod server;

pub use database::Database;
pub use instance::Instance;
pub use proxy::{Messages, Postgres, Proxy};
pub use server::{Server, server};
