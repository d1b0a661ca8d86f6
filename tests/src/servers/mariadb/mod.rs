//! MariaDB: the server in `USERBOOK_TEST_MYSQL_URL`, or one server for this process.

pub mod cluster;
mod database;
mod instance;
mod proxy;
mod server;

pub use database::Database;
pub use instance::Instance;
pub use proxy::{Command, MariaDb, Proxy};
pub use server::{Server, server};
