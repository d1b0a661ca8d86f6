//! The content of a commit, and its outcomes.

use std::{collections::BTreeSet, sync::Arc};

use super::{Claim, Guards};
use crate::{
    event::Event,
    field::{Attributes, EmailAddress, Name, UserPath, Username},
    model::{ChangeId, ExternalIds, GroupId, Revision, SessionEpoch, Timestamp, User, UserId, UserType},
    violation::Violations,
};

/// One decided update, ready to be applied: names only changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    /// The user.
    pub user: UserId,
    /// The revision that the row must have.
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
    /// Further conditions.
    pub guards: Guards,
    /// The audit event, written in the same atomic step. Its time becomes [`User::updated_at`]; its effects decide
    /// about [`User::session_epoch`]. An in-memory store shares it.
    pub event: Arc<Event>,
}

impl ChangeSet {
    /// Returns the claims that the change writes: of the new username and of the new address, if they change.
    pub fn claims(&self) -> [Option<Claim>; 2] {
        let Self { fields, guards, .. } = self;
        let username = fields.username.as_ref().map(Username::as_str);
        Claim::of_names(username, fields.email.as_ref().map(EmailAddress::as_str), guards.distinct)
    }

    /// Returns whether the change writes a claim.
    pub fn has_claims(&self) -> bool {
        self.fields.username.is_some() || self.fields.email.is_some()
    }

    /// Returns the user's new session epoch, if the sessions end.
    pub fn new_session_epoch(&self) -> Option<SessionEpoch> {
        self.event.new_session_epoch()
    }

    /// Applies the change to a [`User`] after revision and guards were checked.
    pub fn apply_to(&self, user: &mut User) {
        let Self { fields, groups_added, groups_removed, change, version, event, .. } = self;
        set_text(&mut user.username, fields.username.as_ref().map(Username::as_str));
        set_text(&mut user.name, fields.name.as_ref().map(Name::as_str));
        set_text(&mut user.email, fields.email.as_ref().map(EmailAddress::as_str));
        set_text(&mut user.path, fields.path.as_ref().map(UserPath::as_str));
        user.is_active = fields.is_active.unwrap_or(user.is_active);
        user.last_login = fields.last_login.unwrap_or(user.last_login);
        user.user_type = fields.user_type.unwrap_or(user.user_type);
        user.password_change_date = fields.password_change_date.unwrap_or(user.password_change_date);
        if let Some(attributes) = &fields.attributes {
            user.attributes = attributes.to_shared();
        }
        if let Some(ids) = &fields.external_ids {
            user.external_ids.clone_from(ids);
        }
        user.groups.extend(groups_added);
        for group in groups_removed {
            user.groups.remove(group);
        }
        user.revision = (*change).into();
        user.version = *version;
        user.updated_at = event.time;
        user.session_epoch = event.new_session_epoch().unwrap_or(user.session_epoch);
    }
}

fn set_text(field: &mut String, new: Option<&str>) {
    if let Some(new) = new {
        new.clone_into(field);
    }
}

/// New values of the changed columns; `None` keeps a column.
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
    /// `password_change_date`
    pub password_change_date: Option<Timestamp>,
    /// All external ids of the user after the change.
    pub external_ids: Option<ExternalIds>,
}

impl FieldChanges {
    /// Returns whether no column changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The outcome of a conditional write. Every outcome except `Applied` leaves no trace.
///
/// Exhaustive: a caller handles every outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitOutcome {
    /// The complete change and its event are stored.
    Applied,
    /// Another write came first: a revision, guard, name or group on which the decision depends has changed, or the
    /// database requests a retry. The service decides again with new facts.
    Conflict,
    /// The row to change or delete no longer exists.
    Gone,
    /// A rule of the store forbids the change: a unique column of the host's own table, or an external id that another
    /// object has ([`Violations::external_id_taken`]). The caller gets these violations.
    Rejected(Violations),
}
