//! The child groups of a deleted group, which lose their parent.

use std::borrow::Cow;

use crate::{
    authz::{Check, CheckResults},
    decision::Denial,
    event::{Diff, EventGroup, FieldDiff},
    model::{GroupGraph, GroupId},
    policy::{Policy, Safeguard},
    view::Visibility,
};

/// The key of child groups in a difference.
const CHILDREN: &str = "children";

/// A child group of a deleted group.
#[derive(Debug, Clone)]
pub(crate) struct ChildGroup {
    group: EventGroup,
    /// Whether the actor may view the group.
    is_visible: bool,
}

/// Returns the checks on child groups: under [`Safeguard::ChildGroups`] the right to change each of them.
pub(crate) fn child_checks(children: &[GroupId], policy: &Policy) -> Vec<Check> {
    let changes = policy.has(Safeguard::ChildGroups);
    let views = changes || policy.has(Safeguard::HideGroups);
    let view = children.iter().copied().map(Check::ViewGroup).filter(|_| views);
    view.chain(children.iter().copied().map(Check::ChangeGroup).filter(|_| changes)).collect()
}

/// Returns the loaded child groups with their names, or the denial of [`Safeguard::ChildGroups`].
pub(crate) fn child_groups(
    children: &[GroupId],
    graph: &GroupGraph,
    policy: &Policy,
    results: &CheckResults,
) -> Result<Vec<ChildGroup>, Denial> {
    let may_change =
        |id: &GroupId| results.allows(Check::ViewGroup(*id)) && results.allows(Check::ChangeGroup(*id));
    if policy.has(Safeguard::ChildGroups) && !children.iter().all(may_change) {
        return Err(Denial::ChildGroups);
    }
    let visible = Visibility::new(policy, results);
    let child = |id: &GroupId| {
        let name = graph.get(*id)?.name.clone();
        Some(ChildGroup { group: EventGroup { id: *id, name }, is_visible: visible.shows(*id) })
    };
    Ok(children.iter().filter_map(child).collect())
}

/// Returns the groups that lose their parent, for the event.
pub(super) fn detached(children: &[ChildGroup]) -> Option<(Cow<'static, str>, FieldDiff)> {
    let removed = children.iter().map(|child| child.group.clone()).collect();
    let diff = FieldDiff::Groups { added: Vec::new(), removed };
    (!children.is_empty()).then_some((Cow::Borrowed(CHILDREN), diff))
}

/// Returns the difference as the caller sees it: without groups that are not visible.
pub(super) fn visible_diff(mut diff: Diff, children: &[ChildGroup]) -> Diff {
    let shown: Vec<ChildGroup> = children.iter().filter(|child| child.is_visible).cloned().collect();
    if shown.len() < children.len() {
        diff.remove(CHILDREN);
        diff.extend(detached(&shown));
    }
    diff
}
