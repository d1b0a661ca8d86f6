//! A group to write.

use std::collections::BTreeSet;

use crate::{
    decision::{GroupWrite, MembersOp},
    field::{Attributes, FieldErrors, GroupName},
    model::{ExternalIds, ExternalSource, Group, GroupId, Timestamp, UserId},
    update::ExternalIdsOp,
    violation::{GroupField, Violations},
};

/// A group to write. Members and external ids that are not mentioned stay.
///
/// ```
/// use userbook::NewGroup;
/// let group = NewGroup::new("admins").superuser(true);
/// # let _ = group;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewGroup {
    name: Result<GroupName, FieldErrors>,
    is_superuser: bool,
    parent: Option<GroupId>,
    attributes: Result<Attributes, FieldErrors>,
    members: MembersOp,
    external_ids: ExternalIdsOp,
}

impl NewGroup {
    /// Creates the request for a group that grants nothing and has neither parent nor attributes.
    pub fn new(name: impl TryInto<GroupName, Error = FieldErrors>) -> Self {
        Self {
            name: name.try_into(),
            is_superuser: false,
            parent: None,
            attributes: Ok(Attributes::default()),
            members: MembersOp::Keep,
            external_ids: ExternalIdsOp::default(),
        }
    }

    /// Sets whether members of this group and of its descendants are superusers.
    #[must_use]
    pub fn superuser(mut self, is_superuser: bool) -> Self {
        self.is_superuser = is_superuser;
        self
    }

    /// Sets the parent group.
    #[must_use]
    pub fn parent(mut self, parent: impl Into<Option<GroupId>>) -> Self {
        self.parent = parent.into();
        self
    }

    /// Sets the attributes.
    #[must_use]
    pub fn attributes(mut self, attributes: impl TryInto<Attributes, Error = FieldErrors>) -> Self {
        self.attributes = attributes.try_into();
        self
    }

    /// Makes these users the only members.
    #[must_use]
    pub fn members(mut self, users: impl IntoIterator<Item = UserId>) -> Self {
        self.members = MembersOp::Replace(users.into_iter().collect());
        self
    }

    /// Adds a member. Replaces [`NewGroup::members`], and combines with other additions and removals.
    #[must_use]
    pub fn add_member(self, user: UserId) -> Self {
        self.step(user, true)
    }

    /// Removes a member. Replaces [`NewGroup::members`], and combines with other additions and removals. No effect for
    /// users who are not members.
    #[must_use]
    pub fn remove_member(self, user: UserId) -> Self {
        self.step(user, false)
    }

    /// Lets the external source manage the group, with this identifier or without.
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

    fn step(mut self, user: UserId, joins: bool) -> Self {
        let (mut join, mut leave) = match std::mem::take(&mut self.members) {
            MembersOp::Change { join, leave } => (join, leave),
            MembersOp::Keep | MembersOp::Replace(_) | MembersOp::RemoveAll => {
                (BTreeSet::new(), BTreeSet::new())
            }
        };
        let (to, from) = if joins { (&mut join, &mut leave) } else { (&mut leave, &mut join) };
        from.remove(&user);
        to.insert(user);
        self.members = MembersOp::Change { join, leave };
        self
    }

    /// Returns the write with its valid values and its violations, and the change of the stored external ids.
    pub(super) fn read(self, id: GroupId) -> (GroupWrite, ExternalIdsOp) {
        let mut violations = Violations::default();
        let mut note = |field, errors: &FieldErrors| {
            for kind in errors {
                violations.push(field, kind.clone());
            }
        };
        let name = self.name.as_ref().inspect_err(|errors| note(GroupField::Name, errors));
        let attributes = self.attributes.as_ref().inspect_err(|errors| note(GroupField::Attributes, errors));
        let group = Group {
            id,
            name: name.map(|name| name.as_str().to_owned()).unwrap_or_default(),
            is_superuser: self.is_superuser,
            parent: self.parent,
            attributes: attributes.map(|it| it.as_value().clone()).unwrap_or_default(),
            external_ids: ExternalIds::new(),
            // The decision sets the dates.
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let write = GroupWrite {
            after: Some(group),
            members: self.members,
            names_group: true,
            sets_flag: false,
            parent_sent: None,
            violations,
        };
        (write, self.external_ids)
    }
}
