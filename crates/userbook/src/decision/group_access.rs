//! Whether an actor may write a group, before the content of the write is looked at.

use super::{Denial, checks::require_allowed};
use crate::{
    authz::{Check, CheckResults},
    model::GroupId,
    policy::{Policy, Safeguard},
    view::Visibility,
};

/// A write of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupAccess {
    pub(crate) id: GroupId,
    /// Whether the group exists.
    pub(crate) exists: bool,
    /// Whether the write deletes the group.
    pub(crate) deletes: bool,
}

impl GroupAccess {
    /// The questions: the right to the write, and to view the group, because the result shows what was stored.
    pub(crate) fn checks(self, policy: &Policy) -> Vec<Check> {
        let views = self.exists && policy.has(Safeguard::HideGroups);
        let view = views.then_some(Check::ViewGroup(self.id));
        [self.right()].into_iter().chain(view).collect()
    }

    /// Requires the rights.
    pub(crate) fn require(self, policy: &Policy, results: &CheckResults) -> Result<(), Denial> {
        require_allowed(results, self.right())?;
        let hidden = self.exists && !Visibility::new(policy, results).shows(self.id);
        if hidden { Err(Denial::Permission(None)) } else { Ok(()) }
    }

    fn right(self) -> Check {
        match (self.deletes, self.exists) {
            (true, _) => Check::DeleteGroup(self.id),
            (false, false) => Check::AddGroup(self.id),
            (false, true) => Check::ChangeGroup(self.id),
        }
    }
}
