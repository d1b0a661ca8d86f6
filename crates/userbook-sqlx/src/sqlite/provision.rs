//! Making and unmaking users and groups.

use sqlx::SqliteConnection;
use userbook::{
    CommitOutcome as Outcome, Group, GroupId, ProvisioningChange, ProvisioningOp, Revision, StoreError, User,
    UserId,
};

use super::{
    SqliteStore, begin, bind,
    commit::revision,
    end,
    error::{failure, is_duplicate},
    settle, sql,
};

impl SqliteStore {
    pub(super) async fn provision_one(&self, provision: &ProvisioningChange) -> Result<Outcome, StoreError> {
        let mut connection = self.writer().await?;
        let answer = commit(&mut connection, provision).await;
        settle(connection, answer)
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    provision: &ProvisioningChange,
) -> Result<Outcome, StoreError> {
    let mut transaction = begin(connection).await?;
    let outcome = apply(&mut transaction, provision).await?;
    end(transaction, outcome == Outcome::Applied).await?;
    Ok(outcome)
}

/// Writes everything, or as much as was possible until the outcome was known: the caller undoes that.
async fn apply(
    connection: &mut SqliteConnection,
    provision: &ProvisioningChange,
) -> Result<Outcome, StoreError> {
    if !bind::hold(connection, &provision.guards).await? {
        return Ok(Outcome::Conflict);
    }
    let outcome = match &provision.step {
        ProvisioningOp::InsertUser(user) => insert_user(connection, user).await?,
        ProvisioningOp::DeleteUser { user, expected } => delete_user(connection, *user, *expected).await?,
        ProvisioningOp::PutGroup(group) => put_group(connection, group).await?,
        ProvisioningOp::DeleteGroup(group) => delete_group(connection, *group).await?,
    };
    if outcome == Outcome::Applied {
        bind::conclude(connection, &provision.guards, &provision.event).await?;
    }
    Ok(outcome)
}

async fn insert_user(connection: &mut SqliteConnection, user: &User) -> Result<Outcome, StoreError> {
    let taken =
        sqlx::query(sql::TAKE_USER_ID).bind(user.id.0).execute(&mut *connection).await.map_err(failure)?;
    if taken.rows_affected() == 0 {
        return Ok(Outcome::Conflict);
    }
    match bind::user_row(user)?.execute(&mut *connection).await {
        Ok(_) => {}
        Err(error) if is_duplicate(&error) => return Ok(Outcome::Conflict),
        Err(error) => return Err(failure(error)),
    }
    let missing = bind::join(connection, user.id, &user.groups).await?;
    Ok(if missing.is_empty() { Outcome::Applied } else { Outcome::Conflict })
}

async fn delete_user(
    connection: &mut SqliteConnection,
    user: UserId,
    expected: Revision,
) -> Result<Outcome, StoreError> {
    let deleted = sqlx::query(sql::DELETE_USER)
        .bind(user.0)
        .bind(expected.0)
        .execute(&mut *connection)
        .await
        .map_err(failure)?;
    Ok(match deleted.rows_affected() {
        0 if revision(connection, user).await?.is_some() => Outcome::Conflict,
        0 => Outcome::Gone,
        _ => Outcome::Applied,
    })
}

async fn put_group(connection: &mut SqliteConnection, group: &Group) -> Result<Outcome, StoreError> {
    match bind::group_row(sql::PUT_GROUP, group)?.execute(connection).await {
        // It is only ever passed over for want of its parent.
        Ok(put) if put.rows_affected() == 0 => Ok(Outcome::Conflict),
        Ok(_) => Ok(Outcome::Applied),
        // Whoever put a group of that name here did it behind the `graph` counter.
        Err(error) if is_duplicate(&error) => Ok(Outcome::Conflict),
        Err(error) => Err(failure(error)),
    }
}

async fn delete_group(connection: &mut SqliteConnection, group: GroupId) -> Result<Outcome, StoreError> {
    let deleted = sqlx::query(sql::DELETE_GROUP).bind(group.0).execute(connection).await.map_err(failure)?;
    Ok(if deleted.rows_affected() == 0 { Outcome::Gone } else { Outcome::Applied })
}
