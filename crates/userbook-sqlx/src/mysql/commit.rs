//! Applying an update: a transaction that starts with a conditional write.

use sqlx::MySqlConnection;
use userbook::{
    UserId, UserType,
    field::{EmailAddress, Name, UserPath, Username},
    store::{ChangeSet, CommitOutcome, StoreError},
};

use super::{
    MySqlStore, bind,
    error::{WriteError, failure, write_error},
    sql,
    transaction::{release, savepoint},
};
use crate::encode;

impl MySqlStore {
    /// [`commit`](userbook::UserStore::commit) inside a transaction of the host's, which neither begins nor ends
    /// here. Unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in the transaction,
    /// which goes on.
    ///
    /// Begin the transaction with `pool.begin_with(`[`BEGIN`](super::BEGIN)`)`: under `REPEATABLE READ` it would
    /// load what has long been overwritten. A future that is dropped before its end leaves a connection that is
    /// of no more use: drop the transaction and close its connection, and nothing is written.
    ///
    /// # Errors
    /// As [`commit`](userbook::UserStore::commit), but never `Ambiguous`: the host commits. `Transient` also after
    /// a deadlock or a lock that was waited for in vain, which may have undone the host's transaction as a whole:
    /// roll it back and begin another one. Also if the connection is not in a transaction that was begun through
    /// sqlx.
    pub async fn commit_in(
        connection: &mut MySqlConnection,
        change: &ChangeSet,
    ) -> Result<CommitOutcome, StoreError> {
        let mut savepoint = savepoint(connection).await?;
        let written = match apply(&mut savepoint, change).await {
            Err(WriteError::Conflict(_)) => Some(CommitOutcome::Conflict),
            answer => answer.map_err(WriteError::into_failure)?,
        };
        if let Some(outcome) = written {
            return release(savepoint, outcome).await;
        }
        savepoint.rollback().await.map_err(failure)?;
        conflict_or_gone(connection, change.user).await.map_err(WriteError::into_failure)
    }

    pub(super) async fn commit_one(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(outcome) = apply(&mut transaction, change).await.transpose() {
            return transaction.end(outcome).await;
        }
        let mut lease = transaction.rollback().await?;
        let outcome = conflict_or_gone(&mut lease, change.user).await.or_else(WriteError::outcome)?;
        lease.give_back();
        Ok(outcome)
    }
}

/// Writes everything, or as much as was possible until the outcome was known: the caller rolls that back. `None`: the
/// rows that the change was decided on were not found.
async fn apply(
    connection: &mut MySqlConnection,
    change: &ChangeSet,
) -> Result<Option<CommitOutcome>, WriteError> {
    if !bind::hold_epochs(connection, &change.guards).await? {
        return Ok(None);
    }
    if update_user(connection, change).await? != 1 + u64::from(change.guards.actor.is_some()) {
        return Ok(None);
    }
    if !change.groups_removed.is_empty() {
        sqlx::query(sql::LEAVE_GROUPS)
            .bind(encode::hex_list(change.groups_removed.iter().map(|group| group.0)))
            .bind(change.user.0)
            .execute(&mut *connection)
            .await
            .map_err(write_error)?;
    }
    if !bind::join(connection, change.user, &change.groups_added).await? {
        return Ok(Some(CommitOutcome::Conflict));
    }
    bind::write_event(connection, &change.event).await?;
    Ok(Some(CommitOutcome::Applied))
}

/// The conditional write; tells how many rows it found.
async fn update_user(connection: &mut MySqlConnection, change: &ChangeSet) -> Result<u64, WriteError> {
    let user = change.user.0;
    let fields = &change.fields;
    let actor = change.guards.actor.map(|actor| actor.user.0);
    let attributes = fields.attributes.as_ref().map(|value| encode::attributes(value.as_value()));
    let updated = sqlx::query(sql::UPDATE_USER)
        .bind(actor)
        .bind(user)
        .bind(change.change.0)
        .bind(user)
        .bind(encode::integer(change.version)?)
        .bind(user)
        .bind(fields.username.as_ref().map(|name| Username::as_str(name).as_bytes()))
        .bind(user)
        .bind(fields.name.as_ref().map(Name::as_str))
        .bind(user)
        .bind(fields.is_active)
        .bind(fields.last_login.is_some())
        .bind(user)
        .bind(fields.last_login.flatten().map(|time| time.naive_utc()))
        .bind(user)
        .bind(fields.email.as_ref().map(EmailAddress::as_str))
        .bind(user)
        .bind(attributes.transpose()?)
        .bind(user)
        .bind(fields.path.as_ref().map(UserPath::as_str))
        .bind(user)
        .bind(fields.user_type.map(UserType::as_str))
        .bind(user)
        .bind(change.expected.0)
        .bind(actor)
        .bind(change.guards.actor.map(|actor| actor.revision.0))
        .execute(connection)
        .await
        .map_err(write_error)?;
    Ok(updated.rows_affected())
}

/// Why a conditional write did not find its rows: the user's row is gone, or something has changed since. To be called
/// when nothing of the change is left, or its own writes would answer.
pub(super) async fn conflict_or_gone(
    connection: &mut MySqlConnection,
    user: UserId,
) -> Result<CommitOutcome, WriteError> {
    let found =
        sqlx::query(sql::USER_EXISTS).bind(user.0).fetch_optional(connection).await.map_err(write_error)?;
    Ok(if found.is_some() { CommitOutcome::Conflict } else { CommitOutcome::Gone })
}
