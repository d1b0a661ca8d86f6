//! Transactions and savepoints of writes.

use std::ops::{Deref, DerefMut};

use sqlx::{Connection, Executor, MySql, MySqlConnection};
use userbook::store::{CommitOutcome, StoreError, StoreErrorKind};

use super::{
    MySqlStore,
    error::{WriteError, commit_failure, failure},
    sql,
};
use crate::leases::Lease;

/// The host's connection is not in a transaction that sqlx knows of.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

/// Begins a savepoint in the host's open transaction.
pub(super) async fn savepoint(
    connection: &mut MySqlConnection,
) -> Result<sqlx::Transaction<'_, MySql>, StoreError> {
    if !connection.is_in_transaction() {
        return Err(StoreError::new(StoreErrorKind::Other, NoTransaction));
    }
    connection.begin().await.map_err(failure)
}

/// Keeps what was written since the savepoint if the whole change was applied, otherwise leaves no trace.
pub(super) async fn release(
    savepoint: sqlx::Transaction<'_, MySql>,
    outcome: CommitOutcome,
) -> Result<CommitOutcome, StoreError> {
    if outcome == CommitOutcome::Applied {
        savepoint.commit().await.map_err(failure)?;
    } else {
        savepoint.rollback().await.map_err(failure)?;
    }
    Ok(outcome)
}

/// An open transaction. Dropped before its end it is rolled back by the server, for its connection
/// is closed; sqlx's own forgets one whose `BEGIN` was interrupted.
pub(super) struct Transaction(Lease<MySql>);

impl MySqlStore {
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        self.begin_with(sql::BEGIN).await
    }

    /// One whose statements all see one state.
    pub(super) async fn begin_read(&self) -> Result<Transaction, StoreError> {
        self.begin_with(sql::BEGIN_READ).await
    }

    async fn begin_with(&self, begin: &'static str) -> Result<Transaction, StoreError> {
        let mut lease = self.leases.take().await.map_err(failure)?;
        lease.execute(begin).await.map_err(failure)?;
        Ok(Transaction(lease))
    }
}

impl Transaction {
    /// Keeps the whole change if it was applied, otherwise leaves no trace.
    pub(super) async fn end(
        self,
        answer: Result<CommitOutcome, WriteError>,
    ) -> Result<CommitOutcome, StoreError> {
        let answer = match answer {
            Ok(CommitOutcome::Applied) => self.commit().await.map(|()| CommitOutcome::Applied),
            other => {
                self.rollback_quietly().await;
                other
            }
        };
        answer.or_else(WriteError::outcome)
    }

    pub(super) async fn commit(mut self) -> Result<(), WriteError> {
        self.0.execute(sql::COMMIT).await.map_err(commit_failure)?;
        self.0.give_back();
        Ok(())
    }

    /// Leaves no trace, and hands out the connection.
    pub(super) async fn rollback(mut self) -> Result<Lease<MySql>, StoreError> {
        self.0.execute(sql::ROLLBACK).await.map_err(failure)?;
        Ok(self.0)
    }

    /// Leaves no trace, also after a failure of a statement: a lock that was waited for in vain undoes only the
    /// statement. If it cannot be said, the connection's end says it.
    pub(super) async fn rollback_quietly(self) {
        if let Ok(lease) = self.rollback().await {
            lease.give_back();
        }
    }
}

impl Deref for Transaction {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.0
    }
}
