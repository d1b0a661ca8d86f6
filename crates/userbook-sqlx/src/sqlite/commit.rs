//! Applying an update: a transaction that starts with the conditional write.

use sqlx::{Connection, SqliteConnection};
use userbook::{
    ChangeSet, CommitOutcome, EmailAddress, Name, Revision, StoreError, StoreErrorKind, UserId, UserPath,
    UserType, Username,
};
use uuid::Uuid;

use super::{
    SqliteStore, at_once, begin,
    bind::{self, Bound, GuardColumns},
    end,
    error::{failure, is_duplicate, is_snapshot_stale},
    settle, sql,
};
use crate::encode::{self, EncodeError};

/// The host's connection is not in a transaction that sqlx knows of.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

impl SqliteStore {
    /// [`commit`](userbook::UserStore::commit) inside a transaction of the host's, which neither begins nor ends
    /// here. Unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in the transaction,
    /// which goes on; when the future is dropped, neither.
    ///
    /// Begin the transaction with `pool.begin_with("BEGIN IMMEDIATE")`: a transaction that has only read may
    /// find that it cannot write any more. That is [`Stale`](CommitOutcome::Conflict), and only a new transaction
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
        if !connection.is_in_transaction() {
            return Err(StoreError::new(StoreErrorKind::Other, NoTransaction));
        }
        // A savepoint, since a transaction is open.
        let mut savepoint = connection.begin().await.map_err(failure)?;
        let outcome = apply(&mut savepoint, change).await?;
        if outcome == CommitOutcome::Applied {
            savepoint.commit().await.map_err(failure)?;
        } else {
            savepoint.rollback().await.map_err(failure)?;
        }
        Ok(outcome)
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
    end(transaction, outcome == CommitOutcome::Applied).await?;
    Ok(outcome)
}

/// Writes everything, or as much as was possible until the outcome was known: the caller undoes that.
async fn apply(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
    match update_user(connection, change).await? {
        Ok(0) => return refusal(connection, change.user, change.expected).await,
        Ok(_) => {}
        Err(error) if is_duplicate(&error) => return Ok(CommitOutcome::Conflict),
        Err(error) if is_snapshot_stale(&error) => return Ok(CommitOutcome::Conflict),
        Err(error) => return Err(failure(error)),
    }
    if !change.groups_removed.is_empty() {
        sqlx::query(sql::LEAVE_GROUPS)
            .bind(change.user.0)
            .bind(encode::hex_list(change.groups_removed.iter().map(|group| group.0)))
            .execute(&mut *connection)
            .await
            .map_err(failure)?;
    }
    let missing = bind::join(connection, change.user, &change.groups_added).await?;
    if !missing.is_empty() {
        return Ok(CommitOutcome::Conflict);
    }
    bind::conclude(connection, &change.guards, &change.event).await?;
    Ok(CommitOutcome::Applied)
}

/// The conditional write; tells how many rows it found.
async fn update_user(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
) -> Result<Result<u64, sqlx::Error>, StoreError> {
    let updated = fields(sql::UPDATE_USER, change)?.execute(connection).await;
    Ok(updated.map(|done| done.rows_affected()))
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

/// Why the conditional write did not find its row: as long as the write lock is held nothing has changed since, and
/// the expected revision, once gone, never comes back.
pub(super) async fn refusal(
    connection: &mut SqliteConnection,
    user: UserId,
    expected: Revision,
) -> Result<CommitOutcome, StoreError> {
    Ok(match revision(connection, user).await? {
        None => CommitOutcome::Gone,
        Some(found) if found != expected => CommitOutcome::Conflict,
        Some(_) => CommitOutcome::Conflict,
    })
}

/// The revision that the user's row has now.
pub(super) async fn revision(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<Option<Revision>, StoreError> {
    let found: Option<Uuid> = sqlx::query_scalar(sql::USER_REVISION)
        .bind(user.0)
        .fetch_optional(connection)
        .await
        .map_err(failure)?;
    Ok(found.map(Revision))
}
