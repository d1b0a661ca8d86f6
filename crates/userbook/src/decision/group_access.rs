//! Whether an actor may write a group, before the content of the write is looked at.

use super::{Denial, GroupRejection, checks::require_allowed};
use crate::{
    authz::{Check, CheckResults, Verdict},
    model::GroupId,
    policy::{Policy, Safeguard},
    view::Visibility,
};

/// The kind of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupWriteKind {
    /// Creates the group, or overwrites the one with its id.
    Put,
    /// Creates the group.
    Insert,
    /// Changes an existing group.
    Update,
    /// Deletes an existing group.
    Delete,
}

/// A write of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupAccess {
    pub(crate) id: GroupId,
    /// Whether the group exists.
    pub(crate) exists: bool,
    pub(crate) kind: GroupWriteKind,
}

impl GroupAccess {
    /// Returns the checks: the right to the write, and to view the group, because the result shows the stored group.
    pub(crate) fn checks(self, policy: &Policy) -> Vec<Check> {
        let views = match self.kind {
            GroupWriteKind::Put => self.exists && policy.has(Safeguard::HideGroups),
            GroupWriteKind::Insert => false,
            // The same for missing groups.
            GroupWriteKind::Update | GroupWriteKind::Delete => true,
        };
        let view = views.then_some(Check::ViewGroup(self.id));
        view.into_iter().chain([self.right()]).collect()
    }

    /// Requires the rights. An actor who may view groups learns that the group does not exist; any other actor gets the
    /// same denial for existing and missing groups.
    pub(crate) fn require(self, policy: &Policy, results: &CheckResults) -> Result<(), GroupRejection> {
        if matches!(self.kind, GroupWriteKind::Update | GroupWriteKind::Delete) {
            match results.on(Check::ViewGroup(self.id)) {
                Verdict::Allow if self.exists => {}
                Verdict::Allow | Verdict::Hide => return Err(GroupRejection::Hidden),
                Verdict::Deny(reason) => {
                    return Err(GroupRejection::Forbidden(Denial::Permission(reason.clone())));
                }
            }
        }
        require_allowed(results, self.right()).map_err(GroupRejection::Forbidden)?;
        let hidden = self.exists && !Visibility::new(policy, results).shows(self.id);
        if hidden { Err(GroupRejection::Forbidden(Denial::Permission(None))) } else { Ok(()) }
    }

    fn right(self) -> Check {
        match (self.kind, self.exists) {
            (GroupWriteKind::Insert, _) | (GroupWriteKind::Put, false) => Check::AddGroup(self.id),
            (GroupWriteKind::Update, _) | (GroupWriteKind::Put, true) => Check::ChangeGroup(self.id),
            (GroupWriteKind::Delete, _) => Check::DeleteGroup(self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: GroupId = GroupId(Uuid::from_u128(7));

    #[test]
    fn viewing_comes_first_and_decides_between_hidden_and_denied() {
        use GroupWriteKind::{Delete, Insert, Update};
        for (kind, exists, view, right, expected) in [
            (Update, true, Verdict::Allow, true, "allowed"),
            (Update, true, Verdict::Allow, false, "denied"),
            (Update, true, Verdict::Hide, true, "hidden"),
            (Update, true, Verdict::deny(), true, "denied"),
            (Update, false, Verdict::Allow, true, "hidden"),
            (Update, false, Verdict::deny(), true, "denied"),
            (Delete, true, Verdict::Allow, true, "allowed"),
            (Delete, false, Verdict::Hide, true, "hidden"),
            (Insert, false, Verdict::deny(), true, "allowed"),
            (Insert, false, Verdict::Allow, false, "denied"),
        ] {
            let access = GroupAccess { id: ID, exists, kind };
            for policy in [Policy::hardened(), Policy::authentik_2025_2()] {
                let checks = access.checks(&policy);
                let verdict = |check: &Check| match check {
                    Check::ViewGroup(_) => view.clone(),
                    _ => right.into(),
                };
                let verdicts = checks.iter().map(verdict).collect();
                let outcome = match access.require(&policy, &CheckResults::new(checks, verdicts)) {
                    Ok(()) => "allowed",
                    Err(GroupRejection::Hidden) => "hidden",
                    Err(_) => "denied",
                };
                assert_eq!(outcome, expected, "{kind:?} {exists} {view:?} {right}");
            }
        }
    }
}
