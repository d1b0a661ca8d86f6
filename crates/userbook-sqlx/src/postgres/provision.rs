//! Creating and deleting users and groups: a transaction that starts with the guards.

use std::slice;

use sqlx::PgConnection;
use userbook::{
    Group, GroupId, Revision, User, UserId,
    store::{CommitOutcome, ProvisioningChange, ProvisioningOp, StoreError},
};

use super::{
    PostgresStore,
    bind::{self, uuids},
    error::WriteError,
    members, sql,
    transaction::{end, release, savepoint},
};

impl PostgresStore {
    /// [`provision`](userbook::store::ProvisioningStore::provision) inside a transaction of the host's, as
    /// [`commit_in`](Self::commit_in): unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in
    /// the transaction, which goes on.
    ///
    /// # Errors
    /// As [`commit_in`](Self::commit_in).
    pub async fn provision_in(
        connection: &mut PgConnection,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        let mut savepoint = savepoint(connection).await?;
        let answer = apply(&mut savepoint, change).await;
        release(savepoint, answer).await
    }

    pub(super) async fn provision_one(
        &self,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let answer = apply(&mut transaction, change).await;
        end(transaction, answer).await
    }
}

/// Writes everything, or as much as was possible until the outcome was known: the caller rolls that back.
async fn apply(
    connection: &mut PgConnection,
    change: &ProvisioningChange,
) -> Result<CommitOutcome, WriteError> {
    let (guards, members) = (&change.guards, &change.members);
    let holds = if members.is_empty() {
        bind::lock_guards(connection, guards).await?
    } else {
        members::lock(connection, guards, members).await?
    };
    if !holds {
        return Ok(CommitOutcome::Conflict);
    }
    let outcome = match &change.op {
        ProvisioningOp::InsertUser(user) => insert_user(connection, user).await?,
        ProvisioningOp::DeleteUser { user, expected } => delete_user(connection, *user, *expected).await?,
        ProvisioningOp::PutGroup(group) => put_group(connection, group).await?,
        ProvisioningOp::DeleteGroup(_) => CommitOutcome::Applied,
    };
    if outcome != CommitOutcome::Applied {
        return Ok(outcome);
    }
    if let Some(group) = change.op.group()
        && !members.is_empty()
    {
        members::change(connection, group, members).await?;
    }
    if let ProvisioningOp::DeleteGroup(group) = change.op
        && !delete_group(connection, group).await?
    {
        return Ok(CommitOutcome::Gone);
    }
    bind::bump_epochs_and_insert_event(connection, guards, &change.event).await?;
    Ok(CommitOutcome::Applied)
}

async fn insert_user(connection: &mut PgConnection, user: &User) -> Result<CommitOutcome, WriteError> {
    let taken = sqlx::query(sql::TAKE_USER_ID).bind(user.id.0).execute(&mut *connection).await?;
    if taken.rows_affected() == 0 {
        return Ok(CommitOutcome::Conflict);
    }
    bind::user_rows(slice::from_ref(user))?.execute(&mut *connection).await?;
    if user.groups.is_empty() {
        return Ok(CommitOutcome::Applied);
    }
    let joined =
        sqlx::query(sql::JOIN_GROUPS).bind(user.id.0).bind(uuids(&user.groups)).execute(connection).await?;
    let all_exist = joined.rows_affected() == user.groups.len() as u64;
    Ok(if all_exist { CommitOutcome::Applied } else { CommitOutcome::Conflict })
}

async fn delete_user(
    connection: &mut PgConnection,
    user: UserId,
    expected: Revision,
) -> Result<CommitOutcome, WriteError> {
    let deleted =
        sqlx::query(sql::DELETE_USER).bind(user.0).bind(expected.0).execute(&mut *connection).await?;
    if deleted.rows_affected() > 0 {
        return Ok(CommitOutcome::Applied);
    }
    let found = sqlx::query(sql::USER_REVISION).bind(user.0).fetch_optional(connection).await?;
    Ok(if found.is_some() { CommitOutcome::Conflict } else { CommitOutcome::Gone })
}

async fn put_group(connection: &mut PgConnection, group: &Group) -> Result<CommitOutcome, WriteError> {
    let put = bind::group_row(group)?.execute(connection).await?;
    // The statement skips the row only if the parent does not exist.
    Ok(if put.rows_affected() > 0 { CommitOutcome::Applied } else { CommitOutcome::Conflict })
}

/// Whether there was such a group. A member that remains breaks a foreign key, which is a conflict.
async fn delete_group(connection: &mut PgConnection, group: GroupId) -> Result<bool, WriteError> {
    let deleted = sqlx::query(sql::DELETE_GROUP).bind(group.0).execute(connection).await?;
    Ok(deleted.rows_affected() > 0)
}
