//! A transaction of the store's own.

use std::ops::{Deref, DerefMut};

use sqlx::{Executor, MySql, MySqlConnection};
use userbook::{CommitOutcome, StoreError};

use super::{
    MySqlStore,
    error::{Halt, commit_failure, failure},
    sql,
};
use crate::leases::Lease;

/// What a write can end with.
pub(super) trait Outcome: PartialEq {
    const APPLIED: Self;
    const STALE: Self;
}



impl Outcome for CommitOutcome {
    const APPLIED: Self = Self::Applied;
    const STALE: Self = Self::Conflict;
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
    /// Keeps what was written if all of it was, or leaves no trace.
    pub(super) async fn end<O: Outcome>(self, outcome: Result<O, Halt>) -> Result<O, StoreError> {
        let outcome = match outcome {
            Ok(outcome) if outcome == O::APPLIED => self.keep().await.map(|()| outcome),
            other => {
                self.drop_all().await;
                other
            }
        };
        outcome.or_else(|halt| halt.or(O::STALE))
    }

    pub(super) async fn keep(mut self) -> Result<(), Halt> {
        self.0.execute(sql::COMMIT).await.map_err(commit_failure)?;
        self.0.give_back();
        Ok(())
    }

    /// Leaves no trace, and hands out the connection.
    pub(super) async fn undo(mut self) -> Result<Lease<MySql>, StoreError> {
        self.0.execute(sql::ROLLBACK).await.map_err(failure)?;
        Ok(self.0)
    }

    /// Leaves no trace, also after a failure of a statement: a lock that was waited for in vain undoes only the
    /// statement. If it cannot be said, the connection's end says it.
    pub(super) async fn drop_all(self) {
        if let Ok(lease) = self.undo().await {
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
