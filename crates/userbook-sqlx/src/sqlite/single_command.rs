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
    claims,
    commit::{Owner, conflict_or_gone},
    driver::bind,
    encode,
    error::{ErrorClass, SqlError, SqlResult},
    statement::Statement,
};

/// How many statements of a command with a begin and an end are done after the named one.
const BEGIN: usize = 1;
const UPDATE: usize = 2;
const EVENT: usize = 3;
const CLAIMS: usize = 4;

/// Whether the change writes no membership, no external id and no counter.
pub(super) fn is_column_update(change: &ChangeSet) -> bool {
    change.groups_added.is_empty()
        && change.groups_removed.is_empty()
        && change.fields.external_ids.is_none()
        && !bumps(&change.guards)
}

/// Writes the change, or leaves no trace.
pub(super) async fn commit(
    conn: &mut SqliteConnection,
    change: &ChangeSet,
) -> SqlResult<Sqlite, CommitOutcome> {
    let (statement, last) =
        if change.has_claims() { (&sql::COMMIT_NAMES, CLAIMS) } else { (&sql::COMMIT_COLUMNS, EVENT) };
    let found = match run(conn, statement, change).await? {
        Ok(found) => found,
        Err((done, error)) => {
            let failure = if done == last { SqlError::at_commit(error) } else { SqlError::from(error) };
            // A caller without a failure of the storage releases the connection as clean. A rejected COMMIT leaves the
            // transaction open.
            if done >= BEGIN && !matches!(failure.class, ErrorClass::Failure(_)) {
                roll_back(conn).await?;
            }
            return Err(failure);
        }
    };
    outcome(conn, change, found).await
}

/// Writes the change in the transaction of a group. An error that is no conflict means that a part was written.
pub(super) async fn write(
    conn: &mut SqliteConnection,
    change: &ChangeSet,
) -> Result<CommitOutcome, StoreError> {
    let written = async {
        if change.has_claims() {
            return write_names(conn, change).await;
        }
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
        outcome(conn, change, affected == [1, 1]).await
    };
    Owner::Store.outcome(written.await)
}

async fn write_names(conn: &mut SqliteConnection, change: &ChangeSet) -> SqlResult<Sqlite, CommitOutcome> {
    match run(conn, &sql::WRITE_NAMES, change).await? {
        Ok(found) => outcome(conn, change, found).await,
        Err((_, error)) => {
            let failure = SqlError::from(error);
            if !matches!(failure.class, ErrorClass::Failure(_)) {
                conn.execute(sql::UNDO_NAMES).await?;
            }
            Err(failure)
        }
    }
}

/// Runs a command with a begin and an end. Returns whether the update found its row, or the number of statements before
/// the failed one.
async fn run(
    conn: &mut SqliteConnection,
    statement: &'static Statement,
    change: &ChangeSet,
) -> SqlResult<Sqlite, Result<bool, (usize, Error)>> {
    let mut parameters = encode::change(change)?;
    parameters.extend(claims::parameters(change));
    let mut answers = conn.fetch_many(bind::<Sqlite>(statement, &parameters)?);
    let (mut done, mut found) = (0, false);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Either::Left(answer)) => {
                done += 1;
                if done == UPDATE {
                    found = answer.rows_affected() == 1;
                }
            }
            Ok(Either::Right(_)) => {}
            Err(error) => return Ok(Err((done, error))),
        }
    }
    Ok(Ok(found))
}

async fn outcome(
    conn: &mut SqliteConnection,
    change: &ChangeSet,
    found: bool,
) -> SqlResult<Sqlite, CommitOutcome> {
    if found {
        return Ok(CommitOutcome::Applied);
    }
    // A deleted row never comes back: a row that exists now existed during the update.
    conflict_or_gone(conn, change.user).await
}

/// Ends a transaction that sqlx does not know. Fails if none is open.
pub(super) fn roll_back(conn: &mut SqliteConnection) -> BoxFuture<'_, Result<SqliteQueryResult, Error>> {
    conn.execute(sql::ROLLBACK)
}
