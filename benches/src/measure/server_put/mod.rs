//! A PUT through the built reference server as its users see it: HTTP, token, authorizer, database. Its load generator
//! runs in a separate process. The caller is a user with permissions who is not a superuser, and so is the target.

mod mariadb;
mod memory;
mod postgres;
mod rates;
mod seeded;
mod sqlite;

pub(super) use mariadb::run as mariadb;
pub(super) use memory::run as memory;
pub(super) use postgres::run as postgres;
pub(super) use seeded::{OTHER_TOKEN, Seeded};
pub(super) use sqlite::run as sqlite;

/// Connections of the load generator.
const CONNECTIONS: [u32; 4] = [1, 4, 16, 64];

/// The number of users: many more than connections, so that requests of one user do not meet.
const USERS: i64 = 2000;
