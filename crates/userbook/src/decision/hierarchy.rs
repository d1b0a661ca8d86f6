//! Granting groups before and after a group is written.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{Group, GroupId, MAX_PARENTS},
    store::GroupShape,
};

/// The position of every group.
pub(crate) type Shape = BTreeMap<GroupId, GroupShape>;

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

/// Returns whether `above` is an ancestor of `id`, at any distance.
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
        shape.insert(id, GroupShape { is_superuser: group.is_superuser, parent: group.parent });
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
        };
        assert_eq!(granting(&after(&shape, id(2), Some(&group))), [id(3)].into());
    }
}
