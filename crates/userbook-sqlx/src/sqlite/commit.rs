//! Applying an update: a transaction that starts with the conditional write.

use sqlx::SqliteConnection;
use userbook::{
    UserId, UserType,
    field::{EmailAddress, Name, UserPath, Username},
    store::{ChangeSet, CommitOutcome, StoreError},
};

use super::{
    SqliteStore, at_once,
    bind::{self, Bound, GuardColumns},
    error::{commit_failure, failure, rows_written},
    settle, sql,
    transaction::{begin, end, savepoint},
};
use crate::encode::{self, EncodeError};

impl SqliteStore {
    /// [`commit`](userbook::UserStore::commit) inside a transaction of the host's, which neither begins nor ends
    /// here. Unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in the transaction,
    /// which goes on; when the future is dropped, neither.
    ///
    /// Begin the transaction with `pool.begin_with("BEGIN IMMEDIATE")`: a transaction that has only read may
    /// find that it cannot write any more. That is [`Conflict`](CommitOutcome::Conflict), and only a new transaction
    /// helps.
    ///
    /// # Errors
    /// As [`commit`](userbook::UserStore::commit), but never `Ambiguous`: the host commits. Also if the
    /// connection is not in a transaction that was begun through sqlx. Close the connection after a failure:
    /// some (a full disk is one) end the transaction, and sqlx does not notice.
    pub async fn commit_in(
        connection: &mut SqliteConnection,
        change: &ChangeSet,
    ) -> Result<CommitOutcome, StoreError> {
        let mut savepoint = savepoint(connection).await?;
        let outcome = apply(&mut savepoint, change).await?;
        end(savepoint, outcome, failure).await
    }

    pub(super) async fn commit_one(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let mut connection = self.writer().await?;
        let answer = if at_once::is_for(change) {
            at_once::commit(&mut connection, change).await
        } else {
            commit(&mut connection, change).await
        };
        settle(connection, answer)
    }
}

async fn commit(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
    let mut transaction = begin(connection).await?;
    let outcome = apply(&mut transaction, change).await?;
    end(transaction, outcome, commit_failure).await
}

/// Writes everything, or as much as was possible until the outcome was known: the caller rolls that back.
async fn apply(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
    let updated = fields(sql::UPDATE_USER, change)?.execute(&mut *connection).await;
    match rows_written(updated)? {
        None => return Ok(CommitOutcome::Conflict),
        Some(0) => return conflict_or_gone(connection, change.user).await,
        Some(_) => {}
    }
    if !change.groups_removed.is_empty() {
        sqlx::query(sql::LEAVE_GROUPS)
            .bind(change.user.0)
            .bind(encode::hex_list(change.groups_removed.iter().map(|group| group.0)))
            .execute(&mut *connection)
            .await
            .map_err(failure)?;
    }
    if !bind::join(connection, change.user, &change.groups_added).await? {
        return Ok(CommitOutcome::Conflict);
    }
    bind::bump_epochs_and_insert_event(connection, &change.guards, &change.event).await?;
    Ok(CommitOutcome::Applied)
}

/// A statement that begins with the conditional write.
pub(super) fn fields<'q>(statement: &'static str, change: &'q ChangeSet) -> Result<Bound<'q>, EncodeError> {
    let fields = &change.fields;
    let guards = GuardColumns::of(&change.guards)?;
    let attributes = fields.attributes.as_ref().map(|value| encode::attributes(value.as_value()));
    Ok(sqlx::query(statement)
        .bind(change.user.0)
        .bind(change.expected.0)
        .bind(change.change.0)
        .bind(encode::integer(change.version)?)
        .bind(fields.username.as_ref().map(Username::as_str))
        .bind(fields.name.as_ref().map(Name::as_str))
        .bind(fields.is_active)
        .bind(fields.last_login.is_some())
        .bind(fields.last_login.flatten().map(|time| time.timestamp_micros()))
        .bind(fields.email.as_ref().map(EmailAddress::as_str))
        .bind(attributes.transpose()?)
        .bind(fields.path.as_ref().map(UserPath::as_str))
        .bind(fields.user_type.map(UserType::as_str))
        .bind(guards.graph)
        .bind(guards.superusers)
        .bind(guards.actor)
        .bind(guards.actor_revision))
}

/// Why a conditional write did not find its row: the row is gone, or it has changed since.
pub(super) async fn conflict_or_gone(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<CommitOutcome, StoreError> {
    let is_there: bool =
        sqlx::query_scalar(sql::USER_EXISTS).bind(user.0).fetch_one(connection).await.map_err(failure)?;
    Ok(if is_there { CommitOutcome::Conflict } else { CommitOutcome::Gone })
}
