//! What a commit applies, and how it may end.

use std::collections::BTreeSet;

use super::Guards;
use crate::{
    Attributes, ChangeId, EmailAddress, Event, GroupId, Name, Revision, Timestamp, UserId, UserPath,
    UserType, Username,
};

/// One update, decided and ready to be applied: only what changes is named.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    /// The user.
    pub user: UserId,
    /// The revision that the row must still have.
    pub expected: Revision,
    /// The id of this change: the row's new revision, and the id of the event.
    pub change: ChangeId,
    /// The row's new version counter.
    pub version: u64,
    /// The columns that change.
    pub fields: FieldChanges,
    /// Groups to join; disjoint from `groups_removed`.
    pub groups_added: BTreeSet<GroupId>,
    /// Groups to leave.
    pub groups_removed: BTreeSet<GroupId>,
    /// What else must hold.
    pub guards: Guards,
    /// The audit event, written in the same atomic step.
    pub event: Event,
}

/// New values of the columns that change; `None` leaves a column alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldChanges {
    /// `username`
    pub username: Option<Username>,
    /// `name`
    pub name: Option<Name>,
    /// `is_active`
    pub is_active: Option<bool>,
    /// `last_login`; `Some(None)` clears it.
    pub last_login: Option<Option<Timestamp>>,
    /// `email`
    pub email: Option<EmailAddress>,
    /// `attributes`
    pub attributes: Option<Attributes>,
    /// `path`
    pub path: Option<UserPath>,
    /// `type`
    pub user_type: Option<UserType>,
}

impl FieldChanges {
    /// Whether no column changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a commit ended. Everything but `Applied` left no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// All of it is there.
    Applied,
    /// The row has another revision by now, or the database asked to try again.
    Stale,
    /// The row is gone.
    Gone,
    /// Another user has the new name by now.
    UsernameTaken,
    /// Groups to be joined that are gone by now; empty if the store cannot tell which.
    MissingGroups(BTreeSet<GroupId>),
    /// A guard does not hold any more.
    GuardFailed,
}
