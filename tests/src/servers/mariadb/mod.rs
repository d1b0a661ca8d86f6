//! MariaDB: the server that `USERBOOK_TEST_MYSQL_URL` names, or one of this process's own.

pub mod cluster;
mod database;
mod server;

pub use database::Database;
pub use server::{Server, server};
