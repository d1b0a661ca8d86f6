//! MariaDB: the server that `USERBOOK_TEST_MYSQL_URL` names, or one of this process's own.

pub mod cluster;
mod database;
mod instance;
mod proxy;
mod server;

pub use database::Database;
pub use instance::Instance;
pub use proxy::{Command, MariaDb, Proxy};
pub use server::{Server, server};
