//! What a decision has to know, told from the request first and from the user once it is loaded.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{FieldOps, GroupId, GroupsOp, Snapshot, UserUpdate};

/// What must be asked of the store besides the user itself, so that the decision has its facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The user name that the update would give.
    pub username: Option<String>,
    /// The groups it names.
    pub groups: BTreeSet<GroupId>,
    /// Whether somebody else has power: only where this user would lose it.
    pub other_active_superuser: bool,
}

impl Needs {
    /// What can be told from the request alone.
    pub(crate) fn of_request(update: &UserUpdate) -> Self {
        let Some(ops) = update.fields() else { return Self::default() };
        Self {
            username: ops.username.value().map(|username| username.as_str().to_owned()),
            groups: ops.groups.value().map(|groups| groups.named().into_owned()).unwrap_or_default(),
            other_active_superuser: false,
        }
    }

    /// What can be told once the user is known.
    pub(crate) fn of_attempt(snapshot: &Snapshot, ops: &FieldOps) -> Self {
        let user = &snapshot.user;
        let graph = &snapshot.groups;
        let groups_after = match ops.groups.value() {
            Some(wanted) => Some(wanted.applied(&user.groups)),
            None => ops.clears_groups().then(Cow::default),
        };
        let deactivates = ops.is_active.value() == Some(&false);
        let stays_superuser = groups_after.is_none_or(|groups| graph.grants_superuser(groups.iter()));
        let is_active_superuser = user.is_active && graph.grants_superuser(&user.groups);
        // The own name is not somebody else's: nothing to ask.
        let username = ops.username.value().filter(|username| username.as_str() != user.username);
        let named = ops.groups.value().map(GroupsOp::named);
        let unknown = named.iter().flat_map(|named| named.difference(&user.groups));
        Self {
            username: username.map(|username| username.as_str().to_owned()),
            groups: unknown.copied().collect(),
            other_active_superuser: is_active_superuser && (deactivates || !stays_superuser),
        }
    }

    /// Asks for more.
    pub(crate) fn extend(&mut self, more: Self) {
        self.username = more.username.or(self.username.take());
        self.groups.extend(more.groups);
        self.other_active_superuser |= more.other_active_superuser;
    }

    /// Whether what was asked covers what is needed.
    pub(crate) fn within(&self, asked: &Self) -> bool {
        (self.username.is_none() || self.username == asked.username)
            && self.groups.is_subset(&asked.groups)
            && (asked.other_active_superuser || !self.other_active_superuser)
    }
}
