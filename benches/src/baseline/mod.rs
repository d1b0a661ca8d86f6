//! The baselines of the figures.

pub mod handwritten;
pub mod handwritten_host;
pub mod locked_map;
pub mod mariadb;
pub mod mariadb_host;
pub mod pgbench;
pub mod sqlite;
pub mod sqlite_host;
