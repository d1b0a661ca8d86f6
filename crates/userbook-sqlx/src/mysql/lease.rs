//! A connection of the pool that goes back to it only if it is known to be in order.

use std::ops::{Deref, DerefMut};

use sqlx::{Error, MySql, MySqlConnection, MySqlPool, pool::PoolConnection};

/// A borrowed connection. Unless it is [given back](Self::give_back) it is closed, and the server rolls back what
/// was open on it: whoever is interrupted half-way through a statement leaves answers in the pipe that nobody has
/// asked for.
pub(super) struct Lease {
    connection: PoolConnection<MySql>,
    in_order: bool,
}

impl Lease {
    pub(super) async fn take(pool: &MySqlPool) -> Result<Self, Error> {
        Ok(Self { connection: pool.acquire().await?, in_order: false })
    }

    /// Gives the connection back to the pool: every answer was read, and no transaction is open.
    pub(super) fn give_back(mut self) {
        self.in_order = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.in_order {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Lease {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }
}
