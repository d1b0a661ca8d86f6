//! The writes of a group.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};
use userbook::store::{CommitOutcome, StoreError, StoreErrorKind};

use super::{Change, Turn, Waiting};
use crate::{
    error::{Classify, ErrorClass},
    sqlite::{single_command, sql},
    write::Write,
};

/// How long a group takes up writes that arrive meanwhile, before it commits.
const MAX_TIME: Duration = Duration::from_millis(20);

/// The transaction of a group of writes failed.
#[derive(Debug, thiserror::Error)]
#[error("a group of writes failed")]
struct GroupFailed(#[source] Arc<sqlx::Error>);

/// What became of a group.
enum Group {
    /// All writes have their outcomes, in their order.
    Done(Vec<CommitOutcome>),
    /// Nothing was written: each of them is to be written alone.
    RolledBack,
    /// No transaction could be begun, or it is unknown whether it was committed.
    Failed(StoreErrorKind, sqlx::Error),
}

/// Writes a group and sends the outcomes.
pub(super) async fn write(mut turn: Turn, mut waiting: Vec<Waiting>) {
    let group = if waiting.len() == 1 { Group::RolledBack } else { together(&mut turn, &mut waiting).await };
    match group {
        Group::Done(outcomes) => {
            for (waiting, outcome) in waiting.into_iter().zip(outcomes) {
                // A caller who has left does not need the outcome.
                _ = waiting.outcome.send(Ok(outcome));
            }
        }
        Group::RolledBack => {
            for Waiting { change, outcome, .. } in waiting {
                _ = outcome.send(turn.alone(change.write()).await);
            }
        }
        Group::Failed(kind, error) => {
            let error = Arc::new(error);
            for waiting in waiting {
                _ = waiting.outcome.send(Err(StoreError::new(kind, GroupFailed(Arc::clone(&error)))));
            }
        }
    }
}

/// Writes all that wait in one transaction, and those that arrive meanwhile.
async fn together(turn: &mut Turn, waiting: &mut Vec<Waiting>) -> Group {
    let writer = turn.writer.clone();
    let connection = match turn.connection().await {
        Ok(connection) => connection,
        Err(error) => return failed(error),
    };
    let mut transaction = match connection.begin_with(sql::BEGIN).await {
        Ok(transaction) => transaction,
        Err(error) => return failed(error),
    };
    let start = Instant::now();
    let mut outcomes = Vec::new();
    loop {
        while let Some(next) = waiting.get(outcomes.len()) {
            match one(&mut transaction, &next.change).await {
                Ok(outcome) => outcomes.push(outcome),
                // The failure may have ended the transaction. Closing the connection ends it in any case.
                Err(_) => return Group::RolledBack,
            }
        }
        // The next group writes what is not taken up here.
        if start.elapsed() < MAX_TIME {
            waiting.append(&mut writer.state().waiting);
        }
        if waiting.len() == outcomes.len() {
            break;
        }
    }
    let group = commit(transaction, outcomes).await;
    turn.is_clean = matches!(group, Group::Done(_));
    group
}

async fn commit(transaction: Transaction<'_, Sqlite>, outcomes: Vec<CommitOutcome>) -> Group {
    match transaction.commit().await {
        Ok(()) => Group::Done(outcomes),
        Err(error) => match Sqlite::classify_commit(&error) {
            ErrorClass::Failure(kind @ StoreErrorKind::Ambiguous) => Group::Failed(kind, error),
            _ => Group::RolledBack,
        },
    }
}

/// Nothing was written.
fn failed(error: sqlx::Error) -> Group {
    match Sqlite::classify(&error) {
        ErrorClass::Failure(kind) => Group::Failed(kind, error),
        ErrorClass::Conflict | ErrorClass::Referenced | ErrorClass::Contended => {
            Group::Failed(StoreErrorKind::Transient, error)
        }
    }
}

/// Writes one change in the transaction of the group. Unless it is applied, it leaves no trace.
async fn one(connection: &mut SqliteConnection, change: &Change) -> Result<CommitOutcome, StoreError> {
    match change.write() {
        Write::Update(change) if single_command::is_column_update(change) => {
            single_command::write(connection, change).await
        }
        write => write.run_in::<Sqlite>(connection).await,
    }
}
