//! The groups that the caller may view.

use crate::{
    authz::{Check, CheckResults},
    model::{GroupGraph, GroupId},
    policy::{Policy, Safeguard},
};

/// The groups that the caller may view: under [`Safeguard::HideGroups`] groups with allowed [`Check::ViewGroup`],
/// otherwise all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visibility<'a>(Option<&'a CheckResults>);

impl<'a> Visibility<'a> {
    pub(crate) fn new(policy: &Policy, results: &'a CheckResults) -> Self {
        Self(policy.has(Safeguard::HideGroups).then_some(results))
    }

    /// Everything is visible, for the host and for users who view themselves.
    pub(crate) const fn everything() -> Self {
        Self(None)
    }

    /// Returns whether the caller may view the group.
    pub(crate) fn shows(self, group: GroupId) -> bool {
        self.0.is_none_or(|results| results.may_view_group(group))
    }
}

/// Returns the checks for rendering groups: each group, and its parent, whose name is shown. No check is needed
/// without [`Safeguard::HideGroups`], or if the authorizer returns the visible groups.
pub(crate) fn view_group_checks<'a>(
    groups: impl IntoIterator<Item = &'a GroupId>,
    graph: &GroupGraph,
    policy: &Policy,
    results: &CheckResults,
) -> Vec<Check> {
    if !policy.has(Safeguard::HideGroups) || results.visible_groups().is_some() {
        return Vec::new();
    }
    let mut checks = Vec::new();
    for id in groups {
        let Some(group) = graph.get(*id) else { continue };
        checks.extend([Some(group.id), group.parent].into_iter().flatten().map(Check::ViewGroup));
    }
    checks.sort_unstable();
    checks.dedup();
    checks
}
