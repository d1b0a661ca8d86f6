//! Creates and deletes users and groups in one transaction.

use userbook::{
    GroupId, Revision, Timestamp, User, UserId,
    store::{
        Claim, CommitOutcome, DistinctNames, MemberChange, ProvisioningChange, ProvisioningOp, StoreError,
    },
};

use crate::{
    backend::Backend,
    claims,
    commit::{Owner, conflict_or_gone, end},
    decode::{RowExt, required},
    driver::{Conn, execute, fetch_all, fetch_one},
    encode,
    error::{ErrorClass, SqlError, SqlResult},
    external_ids, statements,
    value::Value,
};

pub(crate) async fn provision<B: Backend>(
    conn: &mut Conn<B>,
    change: &ProvisioningChange,
    owner: Owner,
) -> Result<CommitOutcome, StoreError> {
    let mut transaction = owner.begin::<B>(conn).await?;
    let answer = apply::<B>(&mut transaction, change).await;
    let is_applied = matches!(answer, Ok(CommitOutcome::Applied));
    owner.outcome(end(transaction, answer, is_applied, owner).await)
}

/// Takes the next user's id, in a transaction or a savepoint.
pub(crate) async fn reserve_user_id<B: Backend>(
    conn: &mut Conn<B>,
    owner: Owner,
) -> Result<UserId, StoreError> {
    let mut transaction = owner.begin::<B>(conn).await?;
    let answer = take_user_id::<B>(&mut transaction).await;
    let is_taken = answer.is_ok();
    Ok(end(transaction, answer, is_taken, owner).await?)
}

async fn take_user_id<B: Backend>(conn: &mut Conn<B>) -> SqlResult<B, UserId> {
    execute::<B>(conn, &statements::TAKE_USER_ID, &[("id", Value::Integer(None))]).await?;
    let row = fetch_one::<B>(conn, &statements::TAKEN_USER_ID, &[]).await?;
    Ok(UserId(required(&row, "id", RowExt::integer)?))
}

/// Writes the whole change, or a part until the outcome is known: the caller rolls that back.
async fn apply<B: Backend>(conn: &mut Conn<B>, change: &ProvisioningChange) -> SqlResult<B, CommitOutcome> {
    if !B::lock(conn, &change.guards, &change.members).await? {
        return Ok(CommitOutcome::Conflict);
    }
    let members = &change.members;
    let outcome = match &change.op {
        ProvisioningOp::InsertUser(user) => {
            insert_user::<B>(conn, user, change.has_reserved_id, change.guards.distinct).await?
        }
        ProvisioningOp::DeleteUser { user, expected } => delete_user::<B>(conn, *user, *expected).await?,
        ProvisioningOp::PutGroup(group) => {
            if B::put_group(conn, group).await? {
                change_members::<B>(conn, group.id, members).await?;
                CommitOutcome::Applied
            } else {
                CommitOutcome::Conflict
            }
        }
        ProvisioningOp::DeleteGroup(group) => {
            change_members::<B>(conn, *group, members).await?;
            delete_group::<B>(conn, *group, change.event.time).await?
        }
    };
    let outcome = match (&outcome, &change.op) {
        (CommitOutcome::Applied, ProvisioningOp::InsertUser(user)) => {
            external_ids::insert::<B>(conn, external_ids::Owner::User(user.id), &user.external_ids).await?
        }
        (CommitOutcome::Applied, ProvisioningOp::PutGroup(group)) if change.sets_external_ids => {
            external_ids::replace::<B>(conn, external_ids::Owner::Group(group.id), &group.external_ids)
                .await?
        }
        _ => outcome,
    };
    if outcome == CommitOutcome::Applied {
        B::finish(conn, &change.guards, &change.event).await?;
    }
    Ok(outcome)
}

async fn change_members<B: Backend>(
    conn: &mut Conn<B>,
    group: GroupId,
    members: &[MemberChange],
) -> SqlResult<B, ()> {
    if members.is_empty() { Ok(()) } else { B::change_members(conn, group, members).await }
}

async fn insert_user<B: Backend>(
    conn: &mut Conn<B>,
    user: &User,
    has_reserved_id: bool,
    distinct: DistinctNames,
) -> SqlResult<B, CommitOutcome> {
    if !has_reserved_id
        && execute::<B>(conn, &statements::TAKE_USER_ID, &[("id", user.id.0.into())]).await? != 1
    {
        return Ok(CommitOutcome::Conflict);
    }
    match execute::<B>(conn, &statements::INSERT_USER, &encode::user(user)?).await {
        // An earlier attempt has inserted the user.
        Err(error) if has_reserved_id && B::is_user_id_taken(&error) => return Ok(CommitOutcome::Conflict),
        inserted => inserted?,
    };
    claims::insert::<B>(conn, user.id, &Claim::of(user, distinct)).await?;
    let groups = Value::Uuids(user.groups.iter().map(|group| group.0).collect());
    let parameters = [("user", user.id.0.into()), ("groups_added", groups)];
    if !join_groups::<B>(conn, &parameters, user.groups.len()).await? {
        return Ok(CommitOutcome::Conflict);
    }
    B::count(conn, "users", 1).await?;
    Ok(CommitOutcome::Applied)
}

/// Makes a user a member of `count` groups. Returns false if one of them does not exist.
pub(crate) async fn join_groups<B: Backend>(
    conn: &mut Conn<B>,
    parameters: &[(&'static str, Value<'_>)],
    count: usize,
) -> SqlResult<B, bool> {
    Ok(count == 0 || execute::<B>(conn, &B::statements().join_groups, parameters).await? == count as u64)
}

async fn delete_user<B: Backend>(
    conn: &mut Conn<B>,
    user: UserId,
    expected: Revision,
) -> SqlResult<B, CommitOutcome> {
    let parameters = [("user", user.0.into()), ("expected", expected.0.into())];
    let deleted = execute::<B>(conn, &statements::DELETE_USER, &parameters).await;
    // The library's own rows about a user are deleted with it, so that the foreign key is one of the host.
    if deleted.map_err(|error| SqlError::from(error).into_referenced())? == 0 {
        return conflict_or_gone(conn, user).await;
    }
    B::count(conn, "users", -1).await?;
    Ok(CommitOutcome::Applied)
}

/// A remaining member breaks a foreign key, which is a conflict.
async fn delete_group<B: Backend>(
    conn: &mut Conn<B>,
    group: GroupId,
    time: Timestamp,
) -> SqlResult<B, CommitOutcome> {
    let parameters = [("group", group.0.into()), ("updated_at", time.into())];
    execute::<B>(conn, &statements::DETACH_CHILDREN, &parameters).await?;
    match execute::<B>(conn, &statements::DELETE_GROUP, &parameters).await.map_err(SqlError::from) {
        Ok(0) => return Ok(CommitOutcome::Gone),
        Ok(_) => {}
        Err(error) if error.class == ErrorClass::Conflict && !B::NAMES_FOREIGN_KEYS => {
            let members = fetch_all::<B>(conn, &statements::GROUP_HAS_MEMBERS, &parameters).await?;
            return Err(if members.is_empty() { error.into_referenced() } else { error });
        }
        Err(error) => return Err(error),
    }
    B::count(conn, "groups", -1).await?;
    Ok(CommitOutcome::Applied)
}
