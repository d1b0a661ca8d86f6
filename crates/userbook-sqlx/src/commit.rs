//! Transactions that write, and the commit of an update in one.

use sqlx::{Connection as _, Error, SqlSafeStr, Transaction};
use userbook::{
    UserId,
    store::{ChangeSet, CommitOutcome, StoreError, StoreErrorKind},
    violation::ViolationKind,
};

use crate::{
    backend::Backend,
    driver::{Conn, fetch_all},
    error::{ErrorClass, SqlError, SqlResult},
    external_ids, further_addresses,
};

/// The connection is not in a transaction that sqlx knows.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

/// Who begins and ends the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The store.
    Store,
    /// The host. The store uses a savepoint.
    Host,
    /// A transaction of several changes. The store uses a savepoint. Contention ends it: the locks of the earlier
    /// changes remain, so another attempt would meet the same deadlock.
    Batch,
}

impl Owner {
    /// Begins a transaction or a savepoint. A dropped one is rolled back.
    pub(crate) async fn begin<B: Backend>(self, conn: &mut Conn<B>) -> SqlResult<B, Transaction<'_, B>> {
        match self {
            Self::Store => Ok(conn.begin_with(B::BEGIN.into_sql_str()).await?),
            Self::Host | Self::Batch if conn.is_in_transaction() => Ok(conn.begin().await?),
            Self::Host | Self::Batch => Err(StoreError::new(StoreErrorKind::Other, NoTransaction).into()),
        }
    }

    fn commit_error<B: Backend>(self, error: Error) -> SqlError<B> {
        match self {
            Self::Store => SqlError::at_commit(error),
            Self::Host | Self::Batch => error.into(),
        }
    }

    /// Whether another attempt can follow contention in the same transaction, or in a new one of the store.
    fn continues<B: Backend>(self) -> bool {
        match self {
            Self::Store => true,
            Self::Host => !B::CONTENTION_ENDS_TRANSACTION,
            Self::Batch => false,
        }
    }

    /// The outcome of a write: a conflict is not an error.
    pub(crate) fn outcome<B: Backend>(
        self,
        answer: SqlResult<B, CommitOutcome>,
    ) -> Result<CommitOutcome, StoreError> {
        answer.or_else(|error| match error.class {
            ErrorClass::Conflict => Ok(CommitOutcome::Conflict),
            ErrorClass::Referenced => Ok(CommitOutcome::Rejected(ViolationKind::Referenced.into())),
            // The host must know if its own writes are lost.
            ErrorClass::Contended if self.continues::<B>() => Ok(CommitOutcome::Conflict),
            ErrorClass::Contended | ErrorClass::Failure(_) => Err(error.into()),
        })
    }
}

/// Commits if the whole change was applied, else rolls back.
pub(crate) async fn end<B: Backend, T>(
    transaction: Transaction<'_, B>,
    answer: SqlResult<B, T>,
    is_applied: bool,
    owner: Owner,
) -> SqlResult<B, T> {
    if is_applied {
        transaction.commit().await.map_err(|error| owner.commit_error(error))?;
        return answer;
    }
    let rolled_back = transaction.rollback().await;
    match answer {
        Err(error) if matches!(error.class, ErrorClass::Failure(_)) => Err(error),
        // MariaDB may have undone the whole transaction: the savepoint is gone.
        Err(error) if error.class == ErrorClass::Contended && !owner.continues::<B>() => Err(error),
        // After a failed rollback the connection is not clean, whatever the outcome is.
        answer => rolled_back.map_err(SqlError::from).and(answer),
    }
}

/// Commits an update in a transaction or a savepoint.
pub(crate) async fn in_transaction<B: Backend>(
    conn: &mut Conn<B>,
    change: &ChangeSet,
    owner: Owner,
) -> Result<CommitOutcome, StoreError> {
    let mut transaction = owner.begin::<B>(conn).await?;
    let applied = apply::<B>(&mut transaction, change).await;
    let is_applied = matches!(applied, Ok(Some(CommitOutcome::Applied)));
    let answer = match end(transaction, applied, is_applied, owner).await {
        Ok(Some(outcome)) => Ok(outcome),
        Ok(None) => conflict_or_gone(conn, change.user).await,
        Err(error) => Err(error),
    };
    owner.outcome(answer)
}

/// Writes a change in an open transaction. `None`: a row that the change depends on was not found.
async fn apply<B: Backend>(conn: &mut Conn<B>, change: &ChangeSet) -> SqlResult<B, Option<CommitOutcome>> {
    let outcome = B::apply(conn, change).await?;
    if let (Some(addresses), Some(CommitOutcome::Applied)) = (&change.fields.further_addresses, &outcome) {
        further_addresses::replace::<B>(conn, change.user, addresses).await?;
    }
    match &change.fields.external_ids {
        Some(ids) if outcome == Some(CommitOutcome::Applied) => {
            Ok(Some(external_ids::replace::<B>(conn, external_ids::Owner::User(change.user), ids).await?))
        }
        _ => Ok(outcome),
    }
}

/// Finds out why a conditional write did not find its row: the row was deleted, or something has changed. The change's
/// own writes must be rolled back before.
pub(crate) async fn conflict_or_gone<B: Backend>(
    conn: &mut Conn<B>,
    user: UserId,
) -> SqlResult<B, CommitOutcome> {
    let found = fetch_all::<B>(conn, &B::statements().user_exists, &[("user", user.0.into())]).await?;
    Ok(if found.is_empty() { CommitOutcome::Gone } else { CommitOutcome::Conflict })
}
