//! Creating and deleting users and groups.

use sqlx::MySqlConnection;
use userbook::{
    Group, GroupId, Revision, User, UserId,
    store::{CommitOutcome, ProvisioningChange, ProvisioningOp, StoreError},
};

use super::{
    MySqlStore, bind,
    commit::conflict_or_gone,
    error::{WriteError, write_error},
    members, sql,
    transaction::{release, savepoint},
};
use crate::encode;

impl MySqlStore {
    /// [`provision`](userbook::store::ProvisioningStore::provision) inside a transaction of the host's, as
    /// [`commit_in`](Self::commit_in): unless the change is [`Applied`](CommitOutcome::Applied) it leaves no trace in
    /// the transaction, which goes on.
    ///
    /// # Errors
    /// As [`commit_in`](Self::commit_in).
    pub async fn provision_in(
        connection: &mut MySqlConnection,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        let mut savepoint = savepoint(connection).await?;
        let outcome = match apply(&mut savepoint, change).await {
            Err(WriteError::Conflict(_)) => CommitOutcome::Conflict,
            answer => answer.map_err(WriteError::into_failure)?,
        };
        release(savepoint, outcome).await
    }

    pub(super) async fn provision_one(
        &self,
        change: &ProvisioningChange,
    ) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let answer = apply(&mut transaction, change).await;
        transaction.end(answer).await
    }
}

/// Writes everything, or as much as was possible until the outcome was known: the caller rolls that back.
async fn apply(
    connection: &mut MySqlConnection,
    change: &ProvisioningChange,
) -> Result<CommitOutcome, WriteError> {
    let (guards, members) = (&change.guards, &change.members);
    let holds = if members.is_empty() {
        bind::lock_guards(connection, guards).await?
    } else {
        bind::hold_epochs(connection, guards).await?
            && members::update_rows(connection, guards, members).await?
    };
    if !holds {
        return Ok(CommitOutcome::Conflict);
    }
    let outcome = match &change.op {
        ProvisioningOp::InsertUser(user) => insert_user(connection, user).await?,
        ProvisioningOp::DeleteUser { user, expected } => delete_user(connection, *user, *expected).await?,
        ProvisioningOp::PutGroup(group) => {
            put_group(connection, group).await?;
            members::change(connection, group.id, members).await?;
            CommitOutcome::Applied
        }
        ProvisioningOp::DeleteGroup(group) => {
            members::change(connection, *group, members).await?;
            delete_group(connection, *group).await?
        }
    };
    if outcome == CommitOutcome::Applied {
        bind::write_event(connection, &change.event).await?;
    }
    Ok(outcome)
}

async fn insert_user(connection: &mut MySqlConnection, user: &User) -> Result<CommitOutcome, WriteError> {
    let taken = sqlx::query(sql::TAKE_USER_ID)
        .bind(user.id.0)
        .execute(&mut *connection)
        .await
        .map_err(write_error)?;
    if taken.rows_affected() == 0 {
        return Ok(CommitOutcome::Conflict);
    }
    sqlx::query(sql::INSERT_USER)
        .bind(user.id.0)
        .bind(user.uuid)
        .bind(user.username.as_bytes())
        .bind(&user.name)
        .bind(&user.email)
        .bind(user.is_active)
        .bind(user.last_login.map(|time| time.naive_utc()))
        .bind(&user.path)
        .bind(user.user_type.as_str())
        .bind(encode::attributes(&user.attributes)?)
        .bind(user.password_change_date.naive_utc())
        .bind(user.revision.0)
        .bind(encode::integer(user.version)?)
        .execute(&mut *connection)
        .await
        .map_err(write_error)?;
    if !bind::join(connection, user.id, &user.groups).await? {
        return Ok(CommitOutcome::Conflict);
    }
    bind::count(connection, "users", 1).await?;
    Ok(CommitOutcome::Applied)
}

async fn delete_user(
    connection: &mut MySqlConnection,
    user: UserId,
    expected: Revision,
) -> Result<CommitOutcome, WriteError> {
    let deleted = sqlx::query(sql::DELETE_USER)
        .bind(user.0)
        .bind(expected.0)
        .execute(&mut *connection)
        .await
        .map_err(write_error)?;
    if deleted.rows_affected() > 0 {
        bind::count(connection, "users", -1).await?;
        return Ok(CommitOutcome::Applied);
    }
    conflict_or_gone(connection, user).await
}

/// Two statements: one that inserts or else overwrites would overwrite whichever group has the name.
async fn put_group(connection: &mut MySqlConnection, group: &Group) -> Result<(), WriteError> {
    let update = bind::group_row(sql::UPDATE_GROUP, group)?;
    if update.execute(&mut *connection).await.map_err(write_error)?.rows_affected() == 0 {
        let insert = bind::group_row(sql::INSERT_GROUP, group)?;
        insert.execute(&mut *connection).await.map_err(write_error)?;
        bind::count(connection, "groups", 1).await?;
    }
    Ok(())
}

/// A member that remains breaks a foreign key, which is a conflict.
async fn delete_group(connection: &mut MySqlConnection, group: GroupId) -> Result<CommitOutcome, WriteError> {
    let delete = sqlx::query(sql::DELETE_GROUP).bind(group.0);
    if delete.execute(&mut *connection).await.map_err(write_error)?.rows_affected() == 0 {
        return Ok(CommitOutcome::Gone);
    }
    bind::count(connection, "groups", -1).await?;
    Ok(CommitOutcome::Applied)
}
