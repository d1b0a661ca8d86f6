//! From rows to values: one decoder for all databases. An unreadable value is an error, never a default.

use std::error::Error;

use serde_json::Value;
use sqlx::{ColumnIndex, Decode, Row, Type};
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    event::Event,
    model::{ExternalIds, SessionEpoch},
    store::{ActorState, Epochs, StoreError},
};
use uuid::Uuid;

use crate::json;

/// An unreadable stored value: the source of a [`Corrupt`](userbook::store::StoreErrorKind::Corrupt) error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The column is NULL.
    #[error("column {0} is NULL")]
    Null(&'static str),
    /// The column has an unexpected value.
    #[error("column {column} cannot be read")]
    Column {
        /// The name in the statement.
        column: &'static str,
        /// The reason.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl DecodeError {
    pub(crate) fn new(column: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Column { column, source: source.into() }
    }
}

impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> Self {
        Self::corrupt(error)
    }
}

/// The value of a column.
pub type Decoded<T> = Result<T, DecodeError>;

/// A row of a database, which decides how each kind of value is stored. `None` is NULL.
#[expect(clippy::missing_errors_doc, reason = "each fails for a value of another kind")]
pub trait RowExt {
    /// A text.
    fn text_ref(&self, column: &'static str) -> Decoded<Option<&str>>;
    /// A number.
    fn integer(&self, column: &'static str) -> Decoded<Option<i64>>;
    /// A UUID, as the database stores UUIDs.
    fn uuid(&self, column: &'static str) -> Decoded<Option<Uuid>>;
    /// Bytes.
    fn bytes(&self, column: &'static str) -> Decoded<Option<Vec<u8>>>;
    /// A time, as the database stores times.
    fn time(&self, column: &'static str) -> Decoded<Option<Timestamp>>;

    /// A text as a value of its own.
    fn text(&self, column: &'static str) -> Decoded<Option<String>> {
        Ok(self.text_ref(column)?.map(str::to_owned))
    }

    /// The length of a text in bytes; 0 for NULL.
    fn text_len(&self, column: &'static str) -> Decoded<usize> {
        Ok(self.text_ref(column)?.map_or(0, str::len))
    }

    /// A truth value.
    fn flag(&self, column: &'static str) -> Decoded<Option<bool>> {
        match self.integer(column)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(other) => Err(DecodeError::new(column, format!("{other} is neither 0 nor 1"))),
        }
    }
}

/// Reads a column.
pub(crate) fn get<'r, R: Row, T>(row: &'r R, column: &'static str) -> Decoded<Option<T>>
where
    T: Decode<'r, R::Database> + Type<R::Database>,
    &'static str: ColumnIndex<R>,
{
    row.try_get(column).map_err(|error| DecodeError::new(column, error))
}

/// Reads a column that is never NULL: `required(row, "name", R::text)`.
///
/// # Errors
/// [`DecodeError`] for NULL and for a value of another kind.
pub fn required<R, T>(
    row: &R,
    column: &'static str,
    read: impl Fn(&R, &'static str) -> Decoded<Option<T>>,
) -> Decoded<T> {
    read(row, column)?.ok_or(DecodeError::Null(column))
}

/// A counter, which is never negative.
pub(crate) fn counter<R: RowExt>(row: &R, column: &'static str) -> Decoded<u64> {
    required(row, column, R::integer)?.try_into().map_err(|error| DecodeError::new(column, error))
}

pub(crate) fn user_type<R: RowExt>(row: &R, column: &'static str) -> Decoded<UserType> {
    required(row, column, R::text)?.parse().map_err(|error| DecodeError::new(column, error))
}

pub(crate) fn revision<R: RowExt>(row: &R, column: &'static str) -> Decoded<Revision> {
    required(row, column, R::uuid).map(Revision)
}

pub(crate) fn attributes<R: RowExt>(row: &R) -> Decoded<Value> {
    document(row, "attributes")
}

fn document<R: RowExt>(row: &R, column: &'static str) -> Decoded<Value> {
    json::parse(&required(row, column, R::text)?).map_err(|error| DecodeError::new(column, error))
}

pub(crate) fn external_ids<R: RowExt>(row: &R) -> Decoded<ExternalIds> {
    let column = "external_ids";
    match row.text_ref(column)?.ok_or(DecodeError::Null(column))? {
        "{}" => Ok(ExternalIds::new()),
        text => json::parse(text).map_err(|error| DecodeError::new(column, error)),
    }
}

/// A user without groups, which are separate rows.
pub(crate) fn user<R: RowExt>(row: &R) -> Decoded<User> {
    Ok(User {
        id: UserId(required(row, "id", R::integer)?),
        uuid: required(row, "uuid", R::uuid)?,
        username: required(row, "username", R::text)?,
        name: required(row, "name", R::text)?,
        email: required(row, "email", R::text)?,
        is_active: required(row, "is_active", R::flag)?,
        last_login: row.time("last_login")?,
        path: required(row, "path", R::text)?,
        user_type: user_type(row, "type")?,
        attributes: attributes(row)?.into(),
        external_ids: external_ids(row)?,
        groups: [].into(),
        password_change_date: required(row, "password_change_date", R::time)?,
        created_at: required(row, "created_at", R::time)?,
        updated_at: required(row, "updated_at", R::time)?,
        revision: revision(row, "revision")?,
        version: counter(row, "version")?,
        session_epoch: required(row, "session_epoch", R::uuid).map(SessionEpoch)?,
    })
}

/// The actor without groups, if the user exists.
pub(crate) fn actor<R: RowExt>(row: &R) -> Decoded<Option<ActorState>> {
    let Some(id) = row.integer("actor_id")? else { return Ok(None) };
    Ok(Some(ActorState {
        id: UserId(id),
        is_active: required(row, "actor_active", R::flag)?,
        user_type: user_type(row, "actor_type")?,
        path: required(row, "actor_path", R::text)?,
        attributes: document(row, "actor_attributes")?.into(),
        groups: [].into(),
        revision: revision(row, "actor_revision")?,
    }))
}

pub(crate) fn group<R: RowExt>(row: &R) -> Decoded<Group> {
    Ok(Group {
        id: group_id(row)?,
        name: required(row, "name", R::text)?,
        is_superuser: required(row, "is_superuser", R::flag)?,
        parent: row.uuid("parent")?.map(GroupId),
        attributes: attributes(row)?,
        external_ids: external_ids(row)?,
        created_at: required(row, "created_at", R::time)?,
        updated_at: required(row, "updated_at", R::time)?,
    })
}

pub(crate) fn group_id<R: RowExt>(row: &R) -> Decoded<GroupId> {
    required(row, "uuid", R::uuid).map(GroupId)
}

pub(crate) fn epochs<R: RowExt>(row: &R) -> Decoded<Epochs> {
    Ok(Epochs {
        graph: counter(row, "graph_epoch")?,
        superusers: counter(row, "superusers_epoch")?,
        next_user: counter(row, "next_user")?,
    })
}

pub(crate) fn event<R: RowExt>(row: &R) -> Decoded<Event> {
    let column = "body";
    json::parse(&required(row, column, R::text)?).map_err(|error| DecodeError::new(column, error))
}
