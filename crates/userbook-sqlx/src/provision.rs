//! Creates and deletes users and groups in one transaction.

use userbook::{
    CommitOutcome, GroupId, MemberChange, ProvisioningChange, ProvisioningOp, Revision, StoreError, User,
    UserId,
};

use crate::{
    backend::{Backend, Connection, execute},
    commit::{Owner, conflict_or_gone, end},
    encode,
    error::SqlError,
    value::Value,
};

pub(crate) async fn provision<B: Backend>(
    connection: &mut Connection<B>,
    change: &ProvisioningChange,
    owner: Owner,
) -> Result<CommitOutcome, StoreError> {
    let mut transaction = owner.begin::<B>(connection).await?;
    let answer = apply::<B>(&mut transaction, change).await;
    let is_applied = matches!(answer, Ok(CommitOutcome::Applied));
    owner.outcome(end(transaction, answer, is_applied, owner).await)
}

/// Writes the whole change, or a part until the outcome is known: the caller rolls that back.
async fn apply<B: Backend>(
    connection: &mut Connection<B>,
    change: &ProvisioningChange,
) -> Result<CommitOutcome, SqlError<B>> {
    if !B::lock(connection, &change.guards, &change.members).await? {
        return Ok(CommitOutcome::Conflict);
    }
    let members = &change.members;
    let outcome = match &change.op {
        ProvisioningOp::InsertUser(user) => insert_user::<B>(connection, user).await?,
        ProvisioningOp::DeleteUser { user, expected } => {
            delete_user::<B>(connection, *user, *expected).await?
        }
        ProvisioningOp::PutGroup(group) => {
            if B::put_group(connection, group).await? {
                change_members::<B>(connection, group.id, members).await?;
                CommitOutcome::Applied
            } else {
                CommitOutcome::Conflict
            }
        }
        ProvisioningOp::DeleteGroup(group) => {
            change_members::<B>(connection, *group, members).await?;
            delete_group::<B>(connection, *group).await?
        }
    };
    if outcome == CommitOutcome::Applied {
        B::bump_epochs_and_insert_event(connection, &change.guards, &change.event).await?;
    }
    Ok(outcome)
}

async fn change_members<B: Backend>(
    connection: &mut Connection<B>,
    group: GroupId,
    members: &[MemberChange],
) -> Result<(), SqlError<B>> {
    if members.is_empty() { Ok(()) } else { B::change_members(connection, group, members).await }
}

async fn insert_user<B: Backend>(
    connection: &mut Connection<B>,
    user: &User,
) -> Result<CommitOutcome, SqlError<B>> {
    let statements = B::statements();
    if execute::<B>(connection, &statements.take_user_id, &[("id", user.id.0.into())]).await? != 1 {
        return Ok(CommitOutcome::Conflict);
    }
    execute::<B>(connection, &statements.insert_user, &encode::user(user)?).await?;
    let groups = Value::Uuids(user.groups.iter().map(|group| group.0).collect());
    let parameters = [("user", user.id.0.into()), ("groups_added", groups)];
    if !join_groups::<B>(connection, &parameters, user.groups.len()).await? {
        return Ok(CommitOutcome::Conflict);
    }
    B::count(connection, "users", 1).await?;
    Ok(CommitOutcome::Applied)
}

/// Makes a user a member of `count` groups. Returns false if one of them does not exist.
pub(crate) async fn join_groups<B: Backend>(
    connection: &mut Connection<B>,
    parameters: &[(&'static str, Value<'_>)],
    count: usize,
) -> Result<bool, SqlError<B>> {
    Ok(count == 0
        || execute::<B>(connection, &B::statements().join_groups, parameters).await? == count as u64)
}

async fn delete_user<B: Backend>(
    connection: &mut Connection<B>,
    user: UserId,
    expected: Revision,
) -> Result<CommitOutcome, SqlError<B>> {
    let parameters = [("user", user.0.into()), ("expected", expected.0.into())];
    if execute::<B>(connection, &B::statements().delete_user, &parameters).await? == 0 {
        return conflict_or_gone(connection, user).await;
    }
    B::count(connection, "users", -1).await?;
    Ok(CommitOutcome::Applied)
}

/// A remaining member breaks a foreign key, which is a conflict.
async fn delete_group<B: Backend>(
    connection: &mut Connection<B>,
    group: GroupId,
) -> Result<CommitOutcome, SqlError<B>> {
    if execute::<B>(connection, &B::statements().delete_group, &[("group", group.0.into())]).await? == 0 {
        return Ok(CommitOutcome::Gone);
    }
    B::count(connection, "groups", -1).await?;
    Ok(CommitOutcome::Applied)
}
