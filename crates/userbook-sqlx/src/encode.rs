//! How values go into columns, as far as it is the same in every dialect.

use serde::Serialize;
use serde_json::Value;
use userbook::{
    UserId, UserRef,
    event::{Event, EventTarget},
    store::{DirectoryQuery, Scope, SnapshotQuery, StoreError, StoreErrorKind},
};
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

/// A bound as SQL has integers; a larger one bounds nothing.
pub(crate) fn saturating(value: u64) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// The target of a load, in one of two parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) id: Option<i64>,
    pub(crate) uuid: Option<Uuid>,
}

impl Target {
    pub(crate) fn of(query: &SnapshotQuery) -> Self {
        match query.target {
            None => Self { id: None, uuid: None },
            Some(UserRef::Id(id)) => Self { id: Some(id.0), uuid: None },
            Some(UserRef::Uuid(uuid)) => Self { id: None, uuid: Some(uuid) },
        }
    }
}

/// Which members of a group to read: whether all of them, and else which users.
pub(crate) fn member_scope(members: Option<&Scope<UserId>>) -> (bool, Vec<i64>) {
    match members {
        None | Some(Scope::Nothing) => (false, Vec::new()),
        Some(Scope::Everything) => (true, Vec::new()),
        Some(Scope::Only(users)) => (false, users.iter().map(|user| user.0).collect()),
    }
}

/// The optional parts of a directory query as parameters; an absent part selects no row.
#[derive(Debug)]
pub(crate) struct DirectoryParts {
    /// Groups whose superusers to look for.
    pub(crate) granting: Vec<Uuid>,
    /// The group in which some users do not count, and these users.
    pub(crate) except_group: Option<Uuid>,
    pub(crate) except_users: Vec<i64>,
    /// The group whose members to read, further users, and how many of all of these at most.
    pub(crate) members_of: Option<Uuid>,
    pub(crate) members: Vec<i64>,
    pub(crate) members_limit: i64,
}

impl DirectoryParts {
    pub(crate) fn of(query: &DirectoryQuery) -> Self {
        let superusers = query.superusers.as_ref();
        let except = superusers.and_then(|superusers| superusers.except.as_ref());
        let members = query.members.as_ref();
        Self {
            granting: superusers.iter().flat_map(|it| &it.groups).map(|group| group.0).collect(),
            except_group: except.map(|(group, _)| group.0),
            except_users: except.iter().flat_map(|(_, users)| users).map(|user| user.0).collect(),
            members_of: members.and_then(|members| members.of).map(|group| group.0),
            members: members.iter().flat_map(|members| &members.users).map(|user| user.0).collect(),
            members_limit: members.map_or(0, |members| members.limit.into()),
        }
    }
}

/// The rows of users that a group write relies on, by ascending id: its members and its actor.
#[cfg(any(feature = "mysql", feature = "postgres"))]
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) users: Vec<i64>,
    pub(crate) revisions: Vec<Uuid>,
}

#[cfg(any(feature = "mysql", feature = "postgres"))]
impl Held {
    /// `None` if two of them contradict each other: then they cannot all hold.
    pub(crate) fn of(
        guards: &userbook::store::Guards,
        members: &[userbook::store::MemberChange],
    ) -> Option<Self> {
        let mut held = std::collections::BTreeMap::new();
        for member in members {
            if held.insert(member.user.0, member.expected.0).is_some() {
                return None;
            }
        }
        if let Some(actor) = guards.actor
            && *held.entry(actor.user.0).or_insert(actor.revision.0) != actor.revision.0
        {
            return None;
        }
        let (users, revisions) = held.into_iter().unzip();
        Some(Self { users, revisions })
    }
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
