//! What a commit applies, and how it may end.

use std::{collections::BTreeSet, sync::Arc};

use super::Guards;
use crate::{
    event::Event,
    field::{Attributes, EmailAddress, Name, UserPath, Username},
    model::{ChangeId, GroupId, Revision, Timestamp, User, UserId, UserType},
    violation::Violations,
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

/// How a conditional write ended. Everything but `Applied` leaves no trace.
///
/// Exhaustive on purpose: a caller handles every outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitOutcome {
    /// The whole change and its event are stored.
    Applied,
    /// Another write came first: a revision, a guard, a name or a group that the decision rests on has changed, or
    /// the database asks to try again. The service decides again on fresh facts.
    Conflict,
    /// The row to change or delete no longer exists.
    Gone,
    /// A rule of the store itself forbids the change, such as a unique column on the host's own table. The caller
    /// receives these violations.
    Rejected(Violations),
}
