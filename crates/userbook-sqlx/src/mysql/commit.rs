//! Applying an update: a transaction that starts with a conditional write.

use sqlx::{Connection, Error, MySqlConnection};
use userbook::{
    ChangeSet, CommitOutcome, EmailAddress, Name, Revision, StoreError, StoreErrorKind, UserId, UserPath,
    UserType, Username,
};
use uuid::Uuid;

use super::{
    MySqlStore, bind,
    error::{Halt, failure, halt, is_username_taken},
    sql,
};
use crate::encode;

/// The host's connection is not in a transaction that sqlx knows of.
#[derive(Debug, thiserror::Error)]
#[error("the connection is not in a transaction begun through sqlx")]
struct NoTransaction;

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
        if !connection.is_in_transaction() {
            return Err(StoreError::new(StoreErrorKind::Other, NoTransaction));
        }
        // A savepoint, since a transaction is open.
        let mut savepoint = connection.begin().await.map_err(failure)?;
        let written = apply(&mut savepoint, change).await.map_err(Halt::into_failure)?;
        if written == Some(CommitOutcome::Applied) {
            savepoint.commit().await.map_err(failure)?;
        } else {
            savepoint.rollback().await.map_err(failure)?;
        }
        match written {
            Some(outcome) => Ok(outcome),
            None => refusal(connection, change).await.map_err(Halt::into_failure),
        }
    }

    pub(super) async fn commit_one(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(outcome) = apply(&mut transaction, change).await.transpose() {
            return transaction.end(outcome).await;
        }
        let mut lease = transaction.undo().await?;
        match refusal(&mut lease, change).await {
            Ok(outcome) => {
                lease.give_back();
                Ok(outcome)
            }
            Err(halt) => halt.or(CommitOutcome::Conflict),
        }
    }
}

/// Writes everything, or as much as was possible until the outcome was known: the caller undoes that. `None`: what
/// it was decided on was not found.
async fn apply(connection: &mut MySqlConnection, change: &ChangeSet) -> Result<Option<CommitOutcome>, Halt> {
    if !bind::hold_epochs(connection, &change.guards).await? {
        return Ok(None);
    }
    match update_user(connection, change).await? {
        Ok(found) if found == 1 + u64::from(change.guards.actor.is_some()) => {}
        Ok(_) => return Ok(None),
        Err(error) if is_username_taken(&error) => return Ok(Some(CommitOutcome::Conflict)),
        Err(error) => return Err(halt(error)),
    }
    if !change.groups_removed.is_empty() {
        sqlx::query(sql::LEAVE_GROUPS)
            .bind(encode::hex_list(change.groups_removed.iter().map(|group| group.0)))
            .bind(change.user.0)
            .execute(&mut *connection)
            .await
            .map_err(halt)?;
    }
    if let Err(missing) = bind::join(connection, change.user, &change.groups_added).await? {
        return Ok(Some(CommitOutcome::Conflict));
    }
    bind::write_event(connection, &change.event).await?;
    Ok(Some(CommitOutcome::Applied))
}

/// The conditional write; tells how many rows it found.
async fn update_user(
    connection: &mut MySqlConnection,
    change: &ChangeSet,
) -> Result<Result<u64, Error>, StoreError> {
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
        .await;
    Ok(updated.map(|done| done.rows_affected()))
}

/// Why what a change was decided on was not found. It is asked when nothing of the change is left, or its own
/// writes would answer.
async fn refusal(connection: &mut MySqlConnection, change: &ChangeSet) -> Result<CommitOutcome, Halt> {
    Ok(match revision(connection, change.user).await? {
        None => CommitOutcome::Gone,
        Some(found) if found != change.expected => CommitOutcome::Conflict,
        Some(_) => CommitOutcome::Conflict,
    })
}

/// The revision that the user's row has now.
pub(super) async fn revision(
    connection: &mut MySqlConnection,
    user: UserId,
) -> Result<Option<Revision>, Halt> {
    let found: Option<Uuid> =
        sqlx::query_scalar(sql::USER_REVISION).bind(user.0).fetch_optional(connection).await.map_err(halt)?;
    Ok(found.map(Revision))
}
