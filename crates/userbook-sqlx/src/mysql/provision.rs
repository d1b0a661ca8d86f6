//! Making and unmaking users and groups.

use sqlx::MySqlConnection;
use userbook::{
    CommitOutcome as Outcome, Group, GroupId, ProvisioningChange, ProvisioningOp, Revision, StoreError, User,
    UserId,
};

use super::{
    MySqlStore, bind,
    commit::revision,
    error::{Halt, halt, is_group_name_taken, is_not_there, is_username_taken},
    sql,
};
use crate::encode;

impl MySqlStore {
    pub(super) async fn provision_one(&self, provision: &ProvisioningChange) -> Result<Outcome, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = apply(&mut transaction, provision).await;
        transaction.end(outcome).await
    }
}

/// Writes everything, or as much as was possible until the outcome was known: the caller undoes that.
async fn apply(connection: &mut MySqlConnection, provision: &ProvisioningChange) -> Result<Outcome, Halt> {
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
        bind::write_event(connection, &provision.event).await?;
    }
    Ok(outcome)
}

async fn insert_user(connection: &mut MySqlConnection, user: &User) -> Result<Outcome, Halt> {
    let taken =
        sqlx::query(sql::TAKE_USER_ID).bind(user.id.0).execute(&mut *connection).await.map_err(halt)?;
    if taken.rows_affected() == 0 {
        return Ok(Outcome::Conflict);
    }
    let inserted = sqlx::query(sql::INSERT_USER)
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
        .await;
    match inserted {
        Ok(_) => {}
        Err(error) if is_username_taken(&error) => return Ok(Outcome::Conflict),
        Err(error) => return Err(halt(error)),
    }
    if let Err(missing) = bind::join(connection, user.id, &user.groups).await? {
        return Ok(Outcome::Conflict);
    }
    bind::count(connection, "users", 1).await?;
    Ok(Outcome::Applied)
}

async fn delete_user(
    connection: &mut MySqlConnection,
    user: UserId,
    expected: Revision,
) -> Result<Outcome, Halt> {
    let deleted = sqlx::query(sql::DELETE_USER)
        .bind(user.0)
        .bind(expected.0)
        .execute(&mut *connection)
        .await
        .map_err(halt)?;
    if deleted.rows_affected() > 0 {
        bind::count(connection, "users", -1).await?;
        return Ok(Outcome::Applied);
    }
    Ok(if revision(connection, user).await?.is_some() { Outcome::Conflict } else { Outcome::Gone })
}

/// Two statements: one that inserts or else overwrites would overwrite whichever group has the name.
async fn put_group(connection: &mut MySqlConnection, group: &Group) -> Result<Outcome, Halt> {
    for (statement, more) in [(sql::UPDATE_GROUP, 0), (sql::INSERT_GROUP, 1)] {
        match bind::group_row(statement, group)?.execute(&mut *connection).await {
            Ok(put) if put.rows_affected() == 0 => {}
            Ok(_) => {
                if more > 0 {
                    bind::count(connection, "groups", more).await?;
                }
                return Ok(Outcome::Applied);
            }
            Err(error) if is_not_there(&error) => {
                return Ok(Outcome::Conflict);
            }
            // Whoever put a group of that name here did it behind the `graph` counter.
            Err(error) if is_group_name_taken(&error) => return Ok(Outcome::Conflict),
            Err(error) => return Err(halt(error)),
        }
    }
    Ok(Outcome::Conflict)
}

async fn delete_group(connection: &mut MySqlConnection, group: GroupId) -> Result<Outcome, Halt> {
    let delete = sqlx::query(sql::DELETE_GROUP).bind(group.0);
    if delete.execute(&mut *connection).await.map_err(halt)?.rows_affected() == 0 {
        return Ok(Outcome::Gone);
    }
    bind::count(connection, "groups", -1).await?;
    Ok(Outcome::Applied)
}
