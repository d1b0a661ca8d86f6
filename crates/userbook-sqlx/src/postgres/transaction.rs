//! Transactions and savepoints of writes.

use sqlx::{Connection, Error, PgConnection, Postgres, Transaction};
use userbook::store::{CommitOutcome, StoreError, StoreErrorKind};

use super::{
    PostgresStore,
    error::{WriteError, commit_failure, failure},
    sql,
};

/// The host's connection is not in a transaction that sqlx knows of.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

impl PostgresStore {
    /// Begins a transaction. Dropped before its end it rolls back.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool().begin_with(sql::BEGIN).await.map_err(failure)
    }
}

/// Begins a savepoint in the host's open transaction.
pub(super) async fn savepoint(
    connection: &mut PgConnection,
) -> Result<Transaction<'_, Postgres>, StoreError> {
    if !connection.is_in_transaction() {
        return Err(StoreError::new(StoreErrorKind::Other, NoTransaction));
    }
    connection.begin().await.map_err(failure)
}

/// Keeps the store's own transaction if the whole change was applied, otherwise leaves no trace.
pub(super) async fn end(
    transaction: Transaction<'_, Postgres>,
    answer: Result<CommitOutcome, WriteError>,
) -> Result<CommitOutcome, StoreError> {
    settle(transaction, answer, commit_failure).await
}

/// Keeps what was written since the savepoint if the whole change was applied, otherwise leaves no trace.
pub(super) async fn release(
    savepoint: Transaction<'_, Postgres>,
    answer: Result<CommitOutcome, WriteError>,
) -> Result<CommitOutcome, StoreError> {
    settle(savepoint, answer, failure).await
}

async fn settle(
    transaction: Transaction<'_, Postgres>,
    answer: Result<CommitOutcome, WriteError>,
    commit_failure: fn(Error) -> StoreError,
) -> Result<CommitOutcome, StoreError> {
    if let Ok(CommitOutcome::Applied) = answer {
        return match transaction.commit().await {
            Ok(()) => Ok(CommitOutcome::Applied),
            Err(error) => WriteError::from(error).outcome(commit_failure),
        };
    }
    let undone = transaction.rollback().await;
    let outcome = answer.or_else(|error| error.outcome(failure))?;
    undone.map_err(failure)?;
    Ok(outcome)
}
