//! How values go into columns, as far as it is the same in every dialect.

use serde::Serialize;
use serde_json::Value;
use userbook::{Event, EventTarget, StoreError, StoreErrorKind, UserId};
use uuid::Uuid;

use crate::json;

/// A value that no column can keep.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    #[error("{0} does not fit into 64 bits with a sign")]
    TooLarge(u64),
    #[error("a document cannot be written")]
    Json(#[from] serde_json::Error),
}

impl From<EncodeError> for StoreError {
    fn from(error: EncodeError) -> Self {
        Self::new(StoreErrorKind::Other, error)
    }
}

/// A counter as SQL has integers.
pub(crate) fn integer(value: u64) -> Result<i64, EncodeError> {
    value.try_into().map_err(|_| EncodeError::TooLarge(value))
}

/// Attributes as text.
pub(crate) fn attributes(value: &Value) -> Result<String, EncodeError> {
    Ok(json::text(value)?)
}

/// Ids as a JSON array of hexadecimal texts: a list of any length in one parameter.
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(crate) fn hex_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let mut list = String::from("[");
    for id in ids {
        if list.len() > 1 {
            list.push(',');
        }
        list.push('"');
        list.push_str(id.simple().encode_lower(&mut Uuid::encode_buffer()));
        list.push('"');
    }
    list.push(']');
    list
}

/// All memberships of the users as a JSON array of pairs, groups in hexadecimal.
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(crate) fn memberships(users: &[userbook::User]) -> Result<String, EncodeError> {
    let of_user = |user: &userbook::User| {
        let id = user.id.0;
        user.groups.iter().map(move |group| (id, group.0.simple())).collect::<Vec<_>>()
    };
    Ok(json::text(&users.iter().flat_map(of_user).collect::<Vec<_>>())?)
}

/// An event's columns besides its id and time.
#[derive(Debug)]
pub(crate) struct EventColumns {
    pub(crate) kind: String,
    pub(crate) user: Option<i64>,
    pub(crate) group: Option<Uuid>,
    pub(crate) version: i64,
    pub(crate) body: String,
}

impl EventColumns {
    pub(crate) fn of(event: &Event) -> Result<Self, EncodeError> {
        let (user, group) = match event.target {
            EventTarget::User(UserId(id)) => (Some(id), None),
            EventTarget::Group(id) => (None, Some(id.0)),
        };
        Ok(Self {
            kind: name(&event.kind)?,
            user,
            group,
            version: integer(event.version)?,
            body: json::text(event)?,
        })
    }
}

/// The name by which serde knows a variant.
fn name(variant: &impl Serialize) -> Result<String, EncodeError> {
    Ok(json::text(variant)?.trim_matches('"').to_owned())
}
