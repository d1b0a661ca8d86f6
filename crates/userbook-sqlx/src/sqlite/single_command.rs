//! Commits an update of columns: a whole transaction as one command.
//!
//! The driver runs each connection on a separate thread. Sending a command to the thread and the answer back takes
//! longer than most statements. Most updates change columns and no membership, so no statement depends on the result
//! of another one.

use futures_util::{StreamExt, future::BoxFuture};
use sqlx::{Either, Error, Executor, Sqlite, SqliteConnection, sqlite::SqliteQueryResult};
use userbook::store::{ChangeSet, CommitOutcome, StoreError};

use super::{sql, write::bumps};
use crate::{
    commit::{Owner, conflict_or_gone},
    driver::bind,
    encode,
    error::{ErrorClass, SqlError, SqlResult},
};

/// How many statements of [`sql::COMMIT_COLUMNS`] are done after the named one.
const BEGIN: usize = 1;
const UPDATE: usize = 2;
const EVENT: usize = 3;

/// Whether the change writes no membership, no external id, no claim and no counter.
pub(super) fn is_column_update(change: &ChangeSet) -> bool {
    change.groups_added.is_empty()
        && change.groups_removed.is_empty()
        && !change.has_claims()
        && change.fields.external_ids.is_none()
        && !bumps(&change.guards)
}

/// Writes the change, or leaves no trace.
pub(super) async fn commit(
    conn: &mut SqliteConnection,
    change: &ChangeSet,
) -> SqlResult<Sqlite, CommitOutcome> {
    let command = bind::<Sqlite>(&sql::COMMIT_COLUMNS, &encode::change(change)?)?;
    let (mut done, mut found) = (0, 0);
    let mut answers = conn.fetch_many(command);
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
                return failed(conn, done, error).await;
            }
        }
    }
    drop(answers);
    if found == 1 {
        return Ok(CommitOutcome::Applied);
    }
    // A deleted row never comes back: a row that exists now existed during the update.
    conflict_or_gone(conn, change.user).await
}

/// Writes the change in the transaction of a group. An error that is no conflict means that a part was written.
pub(super) async fn write(
    conn: &mut SqliteConnection,
    change: &ChangeSet,
) -> Result<CommitOutcome, StoreError> {
    let written = async {
        let command = bind::<Sqlite>(&sql::WRITE_COLUMNS, &encode::change(change)?)?;
        let mut answers = conn.fetch_many(command);
        let mut affected = Vec::new();
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(Either::Left(answer)) => affected.push(answer.rows_affected()),
                Ok(Either::Right(_)) => {}
                Err(error) if affected.is_empty() => return Err(error.into()),
                // The row is written: whatever refused the event, the group must not commit.
                Err(error) => return Err(StoreError::from(SqlError::<Sqlite>::from(error)).into()),
            }
        }
        drop(answers);
        // The row and the event.
        if affected == [1, 1] {
            return Ok(CommitOutcome::Applied);
        }
        conflict_or_gone::<Sqlite>(conn, change.user).await
    };
    Owner::Store.outcome(written.await)
}

/// Ends a transaction that sqlx does not know. Fails if none is open.
pub(super) fn roll_back(conn: &mut SqliteConnection) -> BoxFuture<'_, Result<SqliteQueryResult, Error>> {
    conn.execute(sql::ROLLBACK)
}

/// The outcome if the statement after the first `done` failed.
async fn failed(conn: &mut SqliteConnection, done: usize, error: Error) -> SqlResult<Sqlite, CommitOutcome> {
    let failure = if done == EVENT { SqlError::at_commit(error) } else { SqlError::from(error) };
    // Only a failure of the storage keeps the caller from releasing the connection as clean. A refused COMMIT leaves
    // the transaction open.
    if done >= BEGIN && !matches!(failure.class, ErrorClass::Failure(_)) {
        roll_back(conn).await?;
    }
    Err(failure)
}
