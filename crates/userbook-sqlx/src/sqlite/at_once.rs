//! Applying an update of columns alone: a transaction as one command.
//!
//! The driver keeps each connection on a thread of its own, and to send a command there and its answer back takes
//! longer than most statements. Most updates change columns and no membership: what they write does not depend on
//! what they find, so the thread is given the transaction as a whole.

use std::sync::Arc;

use futures_util::StreamExt;
use sqlx::{Either, Error, Executor, Sqlite, SqliteConnection, pool::PoolConnection};
use tokio::{runtime::Handle, sync::OwnedMutexGuard};
use userbook::store::{ChangeSet, CommitOutcome, EpochGuard, StoreError};

use super::{
    bind,
    commit::{conflict_or_gone, fields},
    error::{commit_failure, failure, is_duplicate},
    sql,
};

/// How many statements of [`sql::COMMIT_FIELDS`] are done once this one is.
const BEGIN: usize = 1;
const UPDATE: usize = 2;
const EVENT: usize = 3;

/// Whether the change can be written so.
pub(super) fn is_for(change: &ChangeSet) -> bool {
    let bumps = |guard: Option<EpochGuard>| guard.is_some_and(EpochGuard::is_bump);
    change.groups_added.is_empty()
        && change.groups_removed.is_empty()
        && !bumps(change.guards.graph)
        && !bumps(change.guards.superusers)
}

/// Writes the change, or leaves no trace.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
) -> Result<CommitOutcome, StoreError> {
    let statements = bind::event(fields(sql::COMMIT_FIELDS, change)?, &change.event)?;
    let (mut done, mut found) = (0, 0);
    let mut answers = connection.fetch_many(statements);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Either::Left(answer)) => {
                done += 1;
                if done == UPDATE {
                    found = answer.rows_affected();
                }
            }
            Ok(Either::Right(_)) => {}
            Err(error) => {
                drop(answers);
                return failed(connection, done, error).await;
            }
        }
    }
    drop(answers);
    if found == 1 {
        return Ok(CommitOutcome::Applied);
    }
    // No deleted row ever comes back: a row that is there now was there during the update.
    conflict_or_gone(connection, change.user).await
}

/// What it means that the statement after the first `done` failed.
async fn failed(
    connection: &mut SqliteConnection,
    done: usize,
    error: Error,
) -> Result<CommitOutcome, StoreError> {
    match done {
        BEGIN if is_duplicate(&error) => {
            connection.execute(sql::ROLLBACK).await.map_err(failure)?;
            Ok(CommitOutcome::Conflict)
        }
        EVENT => Err(commit_failure(error)),
        _ => Err(failure(error)),
    }
}

/// Ends what an interrupted command may have left open; the driver does not know of such a transaction.
pub(super) fn roll_back(connection: &mut OwnedMutexGuard<PoolConnection<Sqlite>>) {
    let Ok(runtime) = Handle::try_current() else { return connection.close_on_drop() };
    let connection = Arc::clone(OwnedMutexGuard::mutex(connection));
    runtime.spawn(async move {
        let mut connection = connection.lock_owned().await;
        // It fails if nothing is open, and that is all right.
        _ = connection.execute(sql::ROLLBACK).await;
    });
}
