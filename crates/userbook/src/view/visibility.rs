//! Which groups the caller may see.

use crate::{
    authz::{Check, CheckResults},
    model::{GroupGraph, GroupId},
    policy::{Policy, Safeguard},
};

/// Which groups the caller may see: under [`Safeguard::HideGroups`] those whose [`Check::ViewGroup`] is allowed,
/// otherwise all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visibility<'a>(Option<&'a CheckResults>);

impl<'a> Visibility<'a> {
    pub(crate) fn new(policy: &Policy, results: &'a CheckResults) -> Self {
        Self(policy.has(Safeguard::HideGroups).then_some(results))
    }

    /// Everything is visible: for what the host itself or the user sees.
    pub(crate) const fn everything() -> Self {
        Self(None)
    }

    /// Whether the caller may see the group.
    pub(crate) fn shows(self, group: GroupId) -> bool {
        self.0.is_none_or(|results| results.may_view_group(group))
    }
}

/// The checks that decide how groups are shown: each group and its parent, whose name is shown with it. Nothing is
/// hidden without [`Safeguard::HideGroups`], and an authorizer that names the visible groups needs no check.
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
