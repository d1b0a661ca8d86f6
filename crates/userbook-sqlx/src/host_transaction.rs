//! A transaction of the host with its connection.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use sqlx::{Connection as _, Database, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;
use userbook::store::{StoreError, StoreErrorKind};

use crate::{
    StoreConnection,
    backend::Backend,
    error::{SqlError, SqlResult},
    transaction::TransactionEnded,
};

type Manager<B> = <B as Database>::TransactionManager;

/// A transaction for the host's own statements and the `_in` methods of [`SqlStore`](crate::SqlStore). Dereferences to
/// sqlx's connection.
///
/// Without [`commit`](Self::commit) it is rolled back when it is dropped. It can be dropped at any time, also while one
/// of its statements runs: unlike a transaction of sqlx's pool, it never leaves a connection with an open transaction
/// or with unread answers to the next user.
pub struct HostTransaction<B: Backend> {
    connection: StoreConnection<B>,
}

impl<B: Backend> HostTransaction<B> {
    pub(crate) async fn begin(
        mut connection: StoreConnection<B>,
        sql: &'static str,
    ) -> SqlResult<B, HostTransaction<B>> {
        // In a box, because the drivers differ in size.
        Box::pin(Manager::<B>::begin(&mut connection, Some(sql.into_sql_str()))).await?;
        Ok(Self { connection })
    }

    /// Commits.
    ///
    /// PostgreSQL rolls back instead, without an error, if a statement of the transaction has failed: return the error
    /// of each statement.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails: nothing was written, except as
    /// [`Ambiguous`](StoreErrorKind::Ambiguous) states. [`TransactionEnded`] if the database or sqlx has ended the
    /// transaction, as sqlx does after a dropped [`commit_in`](crate::SqlStore::commit_in).
    pub async fn commit(mut self) -> Result<(), StoreError> {
        B::settle(&mut self.connection).await?;
        if !self.connection.is_in_transaction() {
            return Err(StoreError::new(StoreErrorKind::Other, TransactionEnded { failure: None }));
        }
        Manager::<B>::commit(&mut self.connection).await.map_err(SqlError::<B>::at_commit)?;
        self.connection.keep();
        Ok(())
    }

    /// Rolls back, and returns the connection at once. Dropping the transaction has the same effect, and costs a round
    /// trip or, on MariaDB, the connection.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails: nothing was written.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        Manager::<B>::rollback(&mut self.connection).await.map_err(SqlError::<B>::from)?;
        self.connection.keep();
        Ok(())
    }
}

impl<B: Backend> Drop for HostTransaction<B> {
    fn drop(&mut self) {
        if self.connection.is_in_transaction() {
            Manager::<B>::start_rollback(&mut self.connection);
        }
    }
}

impl<B: Backend> Deref for HostTransaction<B> {
    type Target = B::Connection;

    fn deref(&self) -> &B::Connection {
        &self.connection
    }
}

impl<B: Backend> DerefMut for HostTransaction<B> {
    fn deref_mut(&mut self) -> &mut B::Connection {
        &mut self.connection
    }
}

impl<B: Backend> fmt::Debug for HostTransaction<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostTransaction").finish_non_exhaustive()
    }
}
