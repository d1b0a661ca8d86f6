//! Creating and deleting users and groups.

use sqlx::SqliteConnection;
use userbook::{
    Group, GroupId, Revision, User, UserId,
    store::{CommitOutcome, MemberChange, ProvisioningChange, ProvisioningOp, StoreError},
};

use super::{
    SqliteStore, bind,
    commit::conflict_or_gone,
    error::{commit_failure, failure, rows_written},
    members, settle, sql,
    transaction::{begin, end, savepoint},
};

impl SqliteStore {
    /// [`provision`](userbook::store::ProvisioningStore::provision) inside a transaction of the host's, as
    /// [`commit_in`](Self::commit_in): unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in
    /// the transaction, which goes on.
    ///
    /// # Errors
    /// As [`commit_in`](Self::commit_in).
    pub async fn provision_in(
        connection: &mut SqliteConnection,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        let mut savepoint = savepoint(connection).await?;
        let outcome = apply(&mut savepoint, change).await?;
        end(savepoint, outcome, failure).await
    }

    pub(super) async fn provision_one(
        &self,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        let mut connection = self.writer().await?;
        let answer = commit(&mut connection, change).await;
        settle(connection, answer)
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    change: &ProvisioningChange,
) -> Result<CommitOutcome, StoreError> {
    let mut transaction = begin(connection).await?;
    let outcome = apply(&mut transaction, change).await?;
    end(transaction, outcome, commit_failure).await
}

/// Writes everything, or as much as was possible until the outcome was known: the caller rolls that back.
async fn apply(
    connection: &mut SqliteConnection,
    change: &ProvisioningChange,
) -> Result<CommitOutcome, StoreError> {
    if !bind::guards_hold(connection, &change.guards).await?
        || !members::update_rows(connection, &change.members).await?
    {
        return Ok(CommitOutcome::Conflict);
    }
    let outcome = match &change.op {
        ProvisioningOp::InsertUser(user) => insert_user(connection, user).await?,
        ProvisioningOp::DeleteUser { user, expected } => delete_user(connection, *user, *expected).await?,
        ProvisioningOp::PutGroup(group) => put_group(connection, group, &change.members).await?,
        ProvisioningOp::DeleteGroup(group) => delete_group(connection, *group, &change.members).await?,
    };
    if outcome == CommitOutcome::Applied {
        bind::bump_epochs_and_insert_event(connection, &change.guards, &change.event).await?;
    }
    Ok(outcome)
}

async fn insert_user(connection: &mut SqliteConnection, user: &User) -> Result<CommitOutcome, StoreError> {
    let taken = sqlx::query(sql::TAKE_USER_ID).bind(user.id.0).execute(&mut *connection).await;
    if rows_written(taken)? != Some(1) {
        return Ok(CommitOutcome::Conflict);
    }
    let inserted = bind::user_row(user)?.execute(&mut *connection).await;
    let is_inserted = rows_written(inserted)?.is_some();
    Ok(if is_inserted && bind::join(connection, user.id, &user.groups).await? {
        CommitOutcome::Applied
    } else {
        CommitOutcome::Conflict
    })
}

async fn delete_user(
    connection: &mut SqliteConnection,
    user: UserId,
    expected: Revision,
) -> Result<CommitOutcome, StoreError> {
    let deleted = sqlx::query(sql::DELETE_USER).bind(user.0).bind(expected.0).execute(&mut *connection).await;
    match rows_written(deleted)? {
        None => Ok(CommitOutcome::Conflict),
        Some(0) => conflict_or_gone(connection, user).await,
        Some(_) => Ok(CommitOutcome::Applied),
    }
}

async fn put_group(
    connection: &mut SqliteConnection,
    group: &Group,
    members: &[MemberChange],
) -> Result<CommitOutcome, StoreError> {
    let put = bind::group_row(sql::PUT_GROUP, group)?.execute(&mut *connection).await;
    // The statement skips the row only if the parent does not exist.
    let is_put = rows_written(put)?.is_some_and(|rows| rows > 0);
    Ok(if is_put && members::change(connection, group.id, members).await? {
        CommitOutcome::Applied
    } else {
        CommitOutcome::Conflict
    })
}

async fn delete_group(
    connection: &mut SqliteConnection,
    group: GroupId,
    members: &[MemberChange],
) -> Result<CommitOutcome, StoreError> {
    if !members::change(connection, group, members).await? {
        return Ok(CommitOutcome::Conflict);
    }
    // A member that remains breaks a foreign key, which is a conflict.
    let deleted = sqlx::query(sql::DELETE_GROUP).bind(group.0).execute(connection).await;
    Ok(match rows_written(deleted)? {
        None => CommitOutcome::Conflict,
        Some(0) => CommitOutcome::Gone,
        Some(_) => CommitOutcome::Applied,
    })
}
