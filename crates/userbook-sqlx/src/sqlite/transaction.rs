//! Transactions and savepoints of writes.

use sqlx::{Connection, Error, Sqlite, SqliteConnection, Transaction};
use userbook::store::{CommitOutcome, StoreError, StoreErrorKind};

use super::{error::failure, sql};

/// The host's connection is not in a transaction that sqlx knows of.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

/// Begins a transaction that may write. Dropped before its end it rolls back, in whatever state: the
/// connection's thread works off its commands in order.
pub(super) async fn begin(connection: &mut SqliteConnection) -> Result<Transaction<'_, Sqlite>, StoreError> {
    connection.begin_with(sql::BEGIN).await.map_err(failure)
}

/// Begins a savepoint in the host's open transaction.
pub(super) async fn savepoint(
    connection: &mut SqliteConnection,
) -> Result<Transaction<'_, Sqlite>, StoreError> {
    if !connection.is_in_transaction() {
        return Err(StoreError::new(StoreErrorKind::Other, NoTransaction));
    }
    connection.begin().await.map_err(failure)
}

/// Ends a transaction or a savepoint: keeps the whole change if it was applied, otherwise leaves no trace.
pub(super) async fn end(
    transaction: Transaction<'_, Sqlite>,
    outcome: CommitOutcome,
    commit_failure: fn(Error) -> StoreError,
) -> Result<CommitOutcome, StoreError> {
    if outcome == CommitOutcome::Applied {
        transaction.commit().await.map_err(commit_failure)?;
    } else {
        transaction.rollback().await.map_err(failure)?;
    }
    Ok(outcome)
}
