//! The tables of external ids, which repeat the column of users and groups: unique, and indexed for lists.

use sqlx::{Error, error::DatabaseError};
use userbook::{
    GroupId, UserId, Violations,
    model::{ExternalIds, ExternalSource},
    store::{CommitOutcome, ImportData},
};

use crate::{
    backend::Backend,
    bulk::write_rows,
    driver::{Conn, execute},
    encode::{EncodeError, RowValues},
    error::SqlResult,
    statement::Statement,
    statements,
    value::Value,
};

/// The user or group of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    User(UserId),
    Group(GroupId),
}

impl Owner {
    fn value(self) -> (&'static str, Value<'static>) {
        let value = match self {
            Self::User(user) => user.0.into(),
            Self::Group(group) => group.0.into(),
        };
        ("owner", value)
    }

    fn delete(self) -> &'static Statement {
        match self {
            Self::User(_) => &statements::DELETE_USER_EXTERNAL_IDS,
            Self::Group(_) => &statements::DELETE_GROUP_EXTERNAL_IDS,
        }
    }

    fn insert(self) -> &'static Statement {
        match self {
            Self::User(_) => &statements::INSERT_USER_EXTERNAL_ID,
            Self::Group(_) => &statements::INSERT_GROUP_EXTERNAL_ID,
        }
    }
}

/// MariaDB stores identifiers as bytes.
pub(crate) fn identifier(text: Option<&str>) -> Value<'_> {
    Value::username(text)
}

fn row<'v>(owner: Owner, source: &'v ExternalSource, text: Option<&'v str>) -> RowValues<'v, 3> {
    [owner.value(), ("source", source.as_str().into()), ("identifier", identifier(text))]
}

/// Replaces the rows of a user or group. A taken identifier is a rejection; the transaction must be rolled back then.
pub(crate) async fn replace<B: Backend>(
    conn: &mut Conn<B>,
    owner: Owner,
    ids: &ExternalIds,
) -> SqlResult<B, CommitOutcome> {
    execute::<B>(conn, owner.delete(), &[owner.value()]).await?;
    insert::<B>(conn, owner, ids).await
}

/// Inserts the rows of a new user or group, like [`replace`]. One statement for each source, so that the rejection
/// names the source.
pub(crate) async fn insert<B: Backend>(
    conn: &mut Conn<B>,
    owner: Owner,
    ids: &ExternalIds,
) -> SqlResult<B, CommitOutcome> {
    for (source, text) in ids.iter() {
        match execute::<B>(conn, owner.insert(), &row(owner, source, text)).await {
            Ok(_) => {}
            Err(error) if is_duplicate(&error) => {
                return Ok(CommitOutcome::Rejected(Violations::external_id_taken(source)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(CommitOutcome::Applied)
}

fn is_duplicate(error: &Error) -> bool {
    error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
}

/// Writes the rows of imported users and groups.
pub(crate) async fn import<B: Backend>(conn: &mut Conn<B>, data: &ImportData) -> SqlResult<B, ()> {
    let own = B::statements();
    let users = data.users.iter().map(|user| (Owner::User(user.id), &user.external_ids));
    write_rows::<B, _>(conn, &own.import_user_external_ids, rows(users).into_iter()).await?;
    let groups = data.groups.iter().map(|group| (Owner::Group(group.id), &group.external_ids));
    write_rows::<B, _>(conn, &own.import_group_external_ids, rows(groups).into_iter()).await?;
    Ok(())
}

fn rows<'d>(
    objects: impl Iterator<Item = (Owner, &'d ExternalIds)>,
) -> Vec<Result<RowValues<'d, 3>, EncodeError>> {
    let of_object = |(owner, ids): (Owner, &'d ExternalIds)| {
        ids.iter().map(move |(source, text)| Ok(row(owner, source, text)))
    };
    objects.flat_map(of_object).collect()
}
