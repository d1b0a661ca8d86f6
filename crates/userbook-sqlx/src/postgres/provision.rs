//! Making and unmaking users and groups: a transaction that starts with the guards.

use std::{collections::BTreeSet, slice};

use sqlx::PgConnection;
use userbook::{
    CommitOutcome as Outcome, Group, GroupId, ProvisioningChange, ProvisioningOp, Revision, StoreError, User,
    UserId,
};
use uuid::Uuid;

use super::{
    PostgresStore,
    bind::{self, uuids},
    error::{Failed, commit_failure, failure, step_conflict},
    sql,
};

impl PostgresStore {
    pub(super) async fn provision_one(&self, provision: &ProvisioningChange) -> Result<Outcome, StoreError> {
        let mut transaction = self.begin().await?;
        match apply(&mut transaction, provision).await {
            Ok(Outcome::Applied) => match transaction.commit().await {
                Ok(()) => Ok(Outcome::Applied),
                Err(error) => Failed::from(error).outcome(step_conflict, commit_failure),
            },
            answer => {
                let undone = transaction.rollback().await;
                let outcome = answer.or_else(|failed| failed.outcome(step_conflict, failure))?;
                undone.map_err(failure)?;
                Ok(outcome)
            }
        }
    }
}

/// Writes everything, or as much as was possible until the outcome was known: the caller undoes that.
async fn apply(connection: &mut PgConnection, provision: &ProvisioningChange) -> Result<Outcome, Failed> {
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

async fn insert_user(connection: &mut PgConnection, user: &User) -> Result<Outcome, Failed> {
    let taken = sqlx::query(sql::TAKE_USER_ID).bind(user.id.0).execute(&mut *connection).await?;
    if taken.rows_affected() == 0 {
        return Ok(Outcome::Conflict);
    }
    bind::user_rows(slice::from_ref(user))?.execute(&mut *connection).await?;
    if user.groups.is_empty() {
        return Ok(Outcome::Applied);
    }
    let groups = uuids(&user.groups);
    let joined =
        sqlx::query(sql::JOIN_GROUPS).bind(user.id.0).bind(&groups).execute(&mut *connection).await?;
    if joined.rows_affected() == user.groups.len() as u64 {
        return Ok(Outcome::Applied);
    }
    let missing: Vec<Uuid> =
        sqlx::query_scalar(sql::MISSING_GROUPS).bind(groups).fetch_all(connection).await?;
    Ok(Outcome::Conflict)
}

async fn delete_user(
    connection: &mut PgConnection,
    user: UserId,
    expected: Revision,
) -> Result<Outcome, Failed> {
    let deleted =
        sqlx::query(sql::DELETE_USER).bind(user.0).bind(expected.0).execute(&mut *connection).await?;
    if deleted.rows_affected() > 0 {
        return Ok(Outcome::Applied);
    }
    let found = sqlx::query(sql::USER_REVISION).bind(user.0).fetch_optional(connection).await?;
    Ok(if found.is_some() { Outcome::Conflict } else { Outcome::Gone })
}

async fn put_group(connection: &mut PgConnection, group: &Group) -> Result<Outcome, Failed> {
    let put = bind::group_row(group)?.execute(connection).await?;
    // It is only ever passed over for want of its parent.
    Ok(if put.rows_affected() > 0 { Outcome::Applied } else { Outcome::Conflict })
}

async fn delete_group(connection: &mut PgConnection, group: GroupId) -> Result<Outcome, Failed> {
    let deleted = sqlx::query(sql::DELETE_GROUP).bind(group.0).execute(connection).await?;
    Ok(if deleted.rows_affected() == 0 { Outcome::Gone } else { Outcome::Applied })
}
