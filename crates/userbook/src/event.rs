//! Audit events: actor, target, and the values before and after.
//!
//! A store writes the event in the same atomic step as the change, so that one exists if and only if the other does.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    json::SharedJson,
    model::{ChangeId, GroupId, SessionEpoch, Timestamp, UserId},
};

/// One applied change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The id of the change.
    pub id: ChangeId,
    /// The kind of change.
    pub kind: EventKind,
    /// The user or group that changed.
    pub target: EventTarget,
    /// The UUID of the user or group, for systems that do not know the number of a user.
    pub target_uuid: Uuid,
    /// Orders the events of one user: the row's version after the change. For a group, the counter of group writes.
    pub version: u64,
    /// The time of the decision.
    pub time: Timestamp,
    /// The actor.
    pub actor: EventActor,
    /// The user behind an impersonation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<UserId>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What changed, by field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub diff: Diff,
    /// Required actions of the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

impl Event {
    /// Returns the new session epoch of the user, the id of the change, if the event ends the sessions of an existing
    /// user.
    pub fn new_session_epoch(&self) -> Option<SessionEpoch> {
        self.effects.contains(&Effect::RevokeSessions).then_some(self.id.into())
    }
}

/// What changed, by field name.
pub type Diff = BTreeMap<Cow<'static, str>, FieldDiff>;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A user was updated.
    UserUpdated,
    /// A user was created.
    UserInserted,
    /// A user was deleted.
    UserDeleted,
    /// A group was created or overwritten.
    GroupPut,
    /// A group was deleted.
    GroupDeleted,
}

/// The user or group of an event.
///
/// Exhaustive: a store keeps each kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventTarget {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
}

/// The actor in an event.
///
/// Exhaustive: a store keeps each kind of actor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventActor {
    /// No credentials.
    Anonymous,
    /// A user of this directory.
    User(UserId),
    /// An identity that only the host knows.
    External(String),
    /// The host.
    System,
}

/// The change of one field.
///
/// Exhaustive: a reader that rebuilds a state applies every change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldDiff {
    /// A list of groups: added and removed ones.
    Groups {
        /// Groups joined.
        added: Vec<EventGroup>,
        /// Groups left.
        removed: Vec<EventGroup>,
    },
    /// The members of a group.
    Members {
        /// Users who joined.
        added: Vec<UserId>,
        /// Users who left.
        removed: Vec<UserId>,
    },
    /// A plain value.
    Value {
        /// The value before; null if absent.
        old: SharedJson,
        /// The value after; null if absent.
        new: SharedJson,
    },
}

/// A group in an event, with its name at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventGroup {
    /// The group.
    pub id: GroupId,
    /// The name at that time.
    pub name: String,
}

/// A required action of the host after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// End the user's sessions and revoke their tokens (authentik #25081: only one of its two paths did).
    RevokeSessions,
}
