//! A transaction of the host with its connection.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use sqlx::{Database, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;
use tokio::time::timeout;
use userbook::store::{StoreError, StoreErrorKind};

use crate::{
    StoreConnection,
    backend::Backend,
    connection_cache::MAX_READ,
    error::{SqlError, SqlResult},
    transaction::TransactionEnded,
};

type Manager<B> = <B as Database>::TransactionManager;

/// A transaction for the host's own statements and the `_in` methods of [`SqlStore`](crate::SqlStore). Dereferences to
/// sqlx's connection; [`Connection::begin`](sqlx::Connection::begin) makes a savepoint.
///
/// ```no_run
/// # use userbook_sqlx::SqliteStore;
/// # async fn order(store: &SqliteStore) -> Result<(), Box<dyn std::error::Error>> {
/// let mut transaction = store.begin_write().await?;
/// sqlx::query("INSERT INTO orders (item) VALUES ('tea')").execute(&mut *transaction).await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
///
/// Without [`commit`](Self::commit) it is rolled back when it is dropped. It can be dropped at any time in a runtime of
/// tokio, also while one of its statements runs: unlike a transaction of sqlx's pool, it never leaves a connection with
/// an open transaction or with unread answers to the next user.
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

    /// Commits. After the error of a statement, drop the transaction instead: PostgreSQL would roll back without an
    /// error, and on MariaDB a deadlock, or a statement that alters a table, has already ended the transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails: nothing was written, except as
    /// [`Ambiguous`](StoreErrorKind::Ambiguous) states. [`TransactionEnded`] if sqlx has ended the transaction, as it
    /// does after a dropped [`commit_in`](crate::SqlStore::commit_in).
    pub async fn commit(mut self) -> Result<(), StoreError> {
        B::settle(&mut self.connection).await?;
        if !self.is_open() {
            return Err(StoreError::new(StoreErrorKind::Other, TransactionEnded { failure: None }));
        }
        Manager::<B>::commit(&mut self.connection).await.map_err(SqlError::<B>::at_commit)?;
        self.connection.keep();
        Ok(())
    }

    /// Rolls back and waits until the connection is free for others. To drop the transaction has the same effect, and
    /// costs a round trip or, on MariaDB, the connection. After a failure the connection is closed, which rolls back
    /// too.
    pub async fn rollback(mut self) {
        if !self.is_open() {
            return;
        }
        let rolled_back = timeout(MAX_READ, Manager::<B>::rollback(&mut self.connection)).await;
        if matches!(rolled_back, Ok(Ok(()))) {
            self.connection.keep();
        }
    }

    /// Whether the transaction is open, without a savepoint.
    fn is_open(&self) -> bool {
        Manager::<B>::get_transaction_depth(&self.connection) == 1
    }
}

impl<B: Backend> Drop for HostTransaction<B> {
    fn drop(&mut self) {
        if self.connection.is_kept() {
            return;
        }
        // Also without a transaction: after an interrupted commit, sqlx ignores the next call on SQLite.
        for _ in 0..Manager::<B>::get_transaction_depth(&self.connection).max(1) {
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
