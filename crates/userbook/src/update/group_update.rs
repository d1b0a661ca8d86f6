//! The requested changes of a group.

use std::collections::BTreeMap;

use super::{ExternalIdsOp, Mode, Op, UsersOp};
use crate::{
    field::{Attributes, GroupName, GroupRef},
    model::{ExternalSource, GroupId, Revision, UserId},
};

/// A new group, or a change of a group, that is not yet resolved against the stored group.
///
/// ```
/// use userbook::update::GroupUpdate;
///
/// let update = GroupUpdate::patch().name("staff").parent(None);
/// # let _ = update;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GroupUpdate {
    /// The meaning of absent fields: PUT requires `name` and clears absent `parent` and `users`, PATCH keeps them. Both
    /// keep an absent `is_superuser` and absent `attributes`.
    pub mode: Mode,
    /// `name`
    pub name: Op<GroupName>,
    /// `is_superuser`
    pub is_superuser: Op<bool>,
    /// `parent`; null clears it.
    pub parent: Op<GroupRef>,
    /// `users`
    pub users: Op<UsersOp>,
    /// `attributes`
    pub attributes: Op<Attributes>,
    /// `roles`: Userbook has no roles, so a request may only name an empty list.
    pub roles: Op<()>,
    /// The external ids.
    pub external_ids: ExternalIdsOp,
    /// Revisions that users of `users` must have in the attempt that writes; empty by default. A caller that chose the
    /// users by their values sets the revisions. Another revision ends the write as
    /// [`GroupError::Contended`](crate::GroupError::Contended), so that the caller chooses again.
    pub member_revisions: BTreeMap<UserId, Revision>,
}

impl GroupUpdate {
    /// Creates an update with every field absent.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            name: Op::Keep,
            is_superuser: Op::Keep,
            parent: Op::Keep,
            users: Op::Keep,
            attributes: Op::Keep,
            roles: Op::Keep,
            external_ids: ExternalIdsOp::default(),
            member_revisions: BTreeMap::new(),
        }
    }

    /// Creates a PUT, or a new group.
    pub fn replace() -> Self {
        Self::new(Mode::Replace)
    }

    /// Creates a PATCH.
    pub fn patch() -> Self {
        Self::new(Mode::Patch)
    }

    /// Sets `name`.
    #[must_use]
    pub fn name(self, value: impl TryInto<GroupName, Error = crate::field::FieldErrors>) -> Self {
        Self { name: Op::parse(value), ..self }
    }

    /// Sets whether members of this group and of its descendants are superusers.
    #[must_use]
    pub fn superuser(self, is_superuser: bool) -> Self {
        Self { is_superuser: Op::Set(is_superuser), ..self }
    }

    /// Sets the parent group, or clears it.
    #[must_use]
    pub fn parent(self, parent: impl Into<Option<GroupId>>) -> Self {
        let parent = parent.into().map_or(Op::Null, |id| Op::Set(GroupRef { id, sent: None }));
        Self { parent, ..self }
    }

    /// Makes these users the only members.
    #[must_use]
    pub fn users(self, users: impl IntoIterator<Item = UserId>) -> Self {
        Self { users: Op::Set(UsersOp::Replace(users.into_iter().collect())), ..self }
    }

    /// Adds a member. Replaces [`GroupUpdate::users`], and combines with other additions and removals.
    #[must_use]
    pub fn add_user(mut self, user: UserId) -> Self {
        self.users.step(user, true);
        self
    }

    /// Removes a member, like [`GroupUpdate::add_user`]. No effect for a user who is not a member.
    #[must_use]
    pub fn remove_user(mut self, user: UserId) -> Self {
        self.users.step(user, false);
        self
    }

    /// Replaces the attributes.
    #[must_use]
    pub fn attributes(self, value: impl TryInto<Attributes, Error = crate::field::FieldErrors>) -> Self {
        Self { attributes: Op::parse(value), ..self }
    }

    /// Lets the external source manage the group, with this identifier or without. Other sources stay.
    #[must_use]
    pub fn set_external_id(mut self, source: ExternalSource, identifier: Option<&str>) -> Self {
        self.external_ids.set(source, identifier);
        self
    }

    /// Removes the external source from the group. No effect for a source that does not manage the group.
    #[must_use]
    pub fn remove_external_id(mut self, source: ExternalSource) -> Self {
        self.external_ids.remove(source);
        self
    }
}
