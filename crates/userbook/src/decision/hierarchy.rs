//! The hierarchy before and after a group is written: granting groups, and groups that lose their parent.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{Group, GroupId, MAX_PARENTS},
    store::{DirectorySnapshot, GroupShape},
};

/// The positions of groups.
pub(crate) type Shape = BTreeMap<GroupId, GroupShape>;

/// The granting groups of the whole hierarchy before and after a write.
#[derive(Debug)]
pub(crate) struct Granting {
    pub(super) before: BTreeSet<GroupId>,
    pub(super) after: BTreeSet<GroupId>,
}

impl Granting {
    /// `shape` is the position of every group.
    pub(super) fn of(shape: &Shape, id: GroupId, group: Option<&Group>) -> Self {
        Self { before: granting(shape), after: granting(&after(shape, id, group)) }
    }
}

/// Returns the loaded positions. The lineage is complete for the groups of the query and of the actor, and for the
/// groups below a group whose position changes.
pub(crate) fn positions(directory: &DirectorySnapshot) -> Shape {
    let loaded = directory.groups.iter().map(|group| (group.id, GroupShape::of(group)));
    directory.shape.iter().map(|(id, shape)| (*id, *shape)).chain(loaded).collect()
}

/// Returns the other groups whose parent is this group.
pub(crate) fn children(shape: &Shape, id: GroupId) -> Vec<GroupId> {
    let below = shape.iter().filter(|(child, group)| **child != id && group.parent == Some(id));
    below.map(|(child, _)| *child).collect()
}

/// Returns whether members of the group are superusers.
pub(crate) fn grants(shape: &Shape, id: GroupId) -> bool {
    nearest_source(shape, id).is_some()
}

/// Returns the groups whose members are superusers: groups with the flag, and groups with a flagged ancestor up to
/// [`MAX_PARENTS`] above.
pub(crate) fn granting(shape: &Shape) -> BTreeSet<GroupId> {
    shape.keys().copied().filter(|id| lineage(shape, *id).any(|(_, group)| group.is_superuser)).collect()
}

/// Returns the group and its ancestors within the limit.
pub(crate) fn lineage(shape: &Shape, id: GroupId) -> impl Iterator<Item = (GroupId, GroupShape)> {
    let at = |id| shape.get(&id).map(|group| (id, *group));
    std::iter::successors(at(id), move |(_, group)| at(group.parent?)).take(MAX_PARENTS + 1)
}

/// The sources of superuser status that a write of the group gives: the nearest new one, and the nearest one of a user
/// who joins.
pub(crate) fn given(before: &Shape, after: &Shape, id: GroupId, joins: bool) -> BTreeSet<GroupId> {
    let gained = gained_sources(before, after, id);
    let joined = joins.then(|| nearest_source(after, id)).flatten();
    match gained.get(&id) {
        Some(new) => joined.into_iter().chain([*new]).collect(),
        None => joined.into_iter().chain(gained.into_values()).collect(),
    }
}

/// Groups that lose a source of superuser status, each with the nearest one lost, and the group itself where a member
/// leaves.
pub(crate) fn taken(
    before: &Shape,
    after: &Shape,
    id: GroupId,
    leaves: bool,
) -> BTreeSet<(GroupId, GroupId)> {
    let left = leaves.then(|| nearest_source(before, id)).flatten();
    gained_sources(after, before, id).into_iter().chain(left.map(|source| (id, source))).collect()
}

/// The nearest group from which the group has superuser status: itself or an ancestor.
fn nearest_source(shape: &Shape, id: GroupId) -> Option<GroupId> {
    sources(shape, id).next()
}

/// Every group that gains a source of superuser status between two shapes, with the nearest of its new sources. A
/// second source changes no status while the first one lasts.
fn gained_sources(before: &Shape, after: &Shape, written: GroupId) -> BTreeMap<GroupId, GroupId> {
    // Only the written group and the groups below it have other ancestors than before.
    let is_below = |id: &&GroupId| lineage(after, **id).any(|(ancestor, _)| ancestor == written);
    let gained = |id: &GroupId| {
        let old: BTreeSet<GroupId> = sources(before, *id).collect();
        let new = sources(after, *id).find(|source| !old.contains(source));
        Some((*id, new?))
    };
    after.keys().filter(is_below).filter_map(gained).collect()
}

fn sources(shape: &Shape, id: GroupId) -> impl Iterator<Item = GroupId> {
    lineage(shape, id).filter(|(_, group)| group.is_superuser).map(|(id, _)| id)
}

/// Whether `above` is an ancestor of `id`, however far up.
pub(crate) fn is_above(shape: &Shape, above: GroupId, id: GroupId) -> bool {
    let mut seen = BTreeSet::new();
    let parent = |id: &GroupId| shape.get(id)?.parent;
    std::iter::successors(parent(&id), parent)
        .take_while(|id| seen.insert(*id))
        .any(|ancestor| ancestor == above)
}

/// Returns the positions after the group is written or deleted; child groups of a deleted group lose their parent.
pub(crate) fn after(shape: &Shape, id: GroupId, group: Option<&Group>) -> Shape {
    let mut shape = shape.clone();
    if let Some(group) = group {
        shape.insert(id, GroupShape::of(group));
    } else {
        shape.remove(&id);
        for below in shape.values_mut().filter(|below| below.parent == Some(id)) {
            below.parent = None;
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: usize) -> GroupId {
        GroupId(Uuid::from_u128(n as u128))
    }

    fn chain(top: usize, flagged: usize) -> Shape {
        let group = |n| GroupShape { is_superuser: n == flagged, parent: (n < top).then(|| id(n + 1)) };
        (0..=top).map(|n| (id(n), group(n))).collect()
    }

    #[test]
    fn groups_below_grant_up_to_the_bound() {
        assert_eq!(granting(&chain(30, 25)), (6..=25).map(id).collect());
        assert_eq!(granting(&chain(30, 0)), [id(0)].into());
        assert_eq!(granting(&chain(30, 31)), BTreeSet::new());
    }

    #[test]
    fn second_sources_are_gained_and_lost() {
        let shape = chain(3, 3);
        let with = |n: usize, group| {
            let mut after = shape.clone();
            after.insert(id(n), group);
            after
        };
        let flagged = with(1, GroupShape { is_superuser: true, parent: Some(id(2)) });
        assert_eq!(gained_sources(&shape, &flagged, id(1)), [(id(0), id(1)), (id(1), id(1))].into());
        assert_eq!(gained_sources(&flagged, &shape, id(1)), BTreeMap::new());
        let moved = with(1, GroupShape { is_superuser: true, parent: None });
        assert_eq!(gained_sources(&moved, &shape, id(1)), [(id(0), id(3)), (id(1), id(3))].into());
        assert_eq!(nearest_source(&flagged, id(0)), Some(id(1)));
        assert_eq!(nearest_source(&shape, id(0)), Some(id(3)));
    }

    #[test]
    fn ancestors_are_found_at_any_height_and_cycles_end() {
        let mut shape = chain(30, 31);
        assert!(is_above(&shape, id(30), id(0)) && is_above(&shape, id(1), id(0)));
        assert!(!is_above(&shape, id(0), id(30)) && !is_above(&shape, id(0), id(0)));
        shape.insert(id(30), GroupShape { is_superuser: false, parent: Some(id(28)) });
        assert!(!is_above(&shape, id(0), id(1)) && is_above(&shape, id(29), id(30)));
    }

    #[test]
    fn writing_and_deleting() {
        let shape = chain(3, 3);
        assert_eq!(granting(&after(&shape, id(1), None)), [id(2), id(3)].into());
        let group = Group {
            id: id(2),
            name: String::new(),
            is_superuser: false,
            parent: None,
            attributes: serde_json::Value::Null,
            ..Group::example()
        };
        assert_eq!(granting(&after(&shape, id(2), Some(&group))), [id(3)].into());
    }
}
