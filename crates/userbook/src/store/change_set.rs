//! What a commit applies, and how it may end.

use std::{collections::BTreeSet, sync::Arc};

use super::Guards;
use crate::{
    Attributes, ChangeId, EmailAddress, Event, GroupId, Name, Revision, Timestamp, User, UserId, UserPath,
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
    /// The audit event, written in the same atomic step. A store in memory shares it.
    pub event: Arc<Event>,
}

impl ChangeSet {
    /// Applies the change to a user held as a [`User`], once the revision and the guards were found to hold.
    pub fn apply_to(&self, user: &mut User) {
        let Self { fields, groups_added, groups_removed, change, version, .. } = self;
        set_text(&mut user.username, fields.username.as_ref().map(Username::as_str));
        set_text(&mut user.name, fields.name.as_ref().map(Name::as_str));
        set_text(&mut user.email, fields.email.as_ref().map(EmailAddress::as_str));
        set_text(&mut user.path, fields.path.as_ref().map(UserPath::as_str));
        user.is_active = fields.is_active.unwrap_or(user.is_active);
        user.last_login = fields.last_login.unwrap_or(user.last_login);
        user.user_type = fields.user_type.unwrap_or(user.user_type);
        if let Some(attributes) = &fields.attributes {
            user.attributes = attributes.to_shared();
        }
        user.groups.extend(groups_added);
        for group in groups_removed {
            user.groups.remove(group);
        }
        user.revision = (*change).into();
        user.version = *version;
    }
}

fn set_text(field: &mut String, new: Option<&str>) {
    if let Some(new) = new {
        new.clone_into(field);
    }
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
