//! Groups, and the part of their hierarchy that a decision needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{ExternalIds, GroupId, Timestamp};

/// The number of ancestors that count, as recorded from authentik 2025.2.4: an ancestor 19 levels above grants
/// superuser status, one 20 levels above does not.
pub const MAX_PARENTS: usize = 19;

/// A stored group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Primary key, authentik's `group_uuid`.
    pub id: GroupId,
    /// Name, unique among groups.
    pub name: String,
    /// Whether members of this group and of its descendants are superusers.
    pub is_superuser: bool,
    /// The parent group.
    pub parent: Option<GroupId>,
    /// Free attributes. New values are JSON objects; stored values may be any JSON.
    pub attributes: Value,
    /// The external sources that manage the group.
    #[serde(default, skip_serializing_if = "ExternalIds::is_empty")]
    pub external_ids: ExternalIds,
    /// The time at which the group was created.
    pub created_at: Timestamp,
    /// The time of the last applied write of the group or of its members by a group operation, or of the deletion of
    /// its parent: the time of that event.
    pub updated_at: Timestamp,
}

impl Group {
    /// Returns a group with plausible values, for tests and examples.
    ///
    /// ```
    /// use userbook::Group;
    /// let group = Group { name: "admins".into(), is_superuser: true, ..Group::example() };
    /// assert_eq!(group.parent, None);
    /// ```
    pub fn example() -> Self {
        Self {
            id: GroupId(Uuid::from_u128(0x57aff)),
            name: "staff".into(),
            is_superuser: false,
            parent: None,
            attributes: serde_json::json!({}),
            external_ids: ExternalIds::new(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }
}

/// Groups with their ancestors, up to [`MAX_PARENTS`] above each. Cycles are harmless.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupGraph {
    groups: BTreeMap<GroupId, Arc<Group>>,
}

impl GroupGraph {
    /// Returns the group with this id; a loaded group exists.
    pub fn get(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id).map(AsRef::as_ref)
    }

    /// Returns the group with this id, shared.
    pub fn get_shared(&self, id: GroupId) -> Option<&Arc<Group>> {
        self.groups.get(&id)
    }

    /// Returns whether the graph contains the group.
    pub fn contains(&self, id: GroupId) -> bool {
        self.groups.contains_key(&id)
    }

    /// Returns the group and its ancestors, nearest first, up to [`MAX_PARENTS`] above. A cycle ends the walk.
    pub fn lineage(&self, id: GroupId) -> impl Iterator<Item = &Group> {
        let mut seen = BTreeSet::new();
        self.walk(id).take_while(move |group| seen.insert(group.id))
    }

    /// Returns the nearest group in the lineage of `id` that makes its members superusers.
    pub fn superuser_source(&self, id: GroupId) -> Option<&Group> {
        self.walk(id).find(|group| group.is_superuser)
    }

    /// Returns the groups of [`lineage`](Self::lineage); in a cycle some groups repeat.
    fn walk(&self, id: GroupId) -> impl Iterator<Item = &Group> {
        std::iter::successors(self.get(id), |group| self.get(group.parent?)).take(MAX_PARENTS + 1)
    }

    /// Returns whether a member of these groups is a superuser.
    pub fn grants_superuser<'a>(&self, memberships: impl IntoIterator<Item = &'a GroupId>) -> bool {
        memberships.into_iter().any(|id| self.superuser_source(*id).is_some())
    }

    /// Returns all groups by id.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().map(AsRef::as_ref)
    }

    /// Inserts a group, or replaces the one with its id.
    pub fn insert(&mut self, group: impl Into<Arc<Group>>) {
        let group = group.into();
        self.groups.insert(group.id, group);
    }

    /// Removes a group.
    pub fn remove(&mut self, id: GroupId) -> Option<Arc<Group>> {
        self.groups.remove(&id)
    }
}

impl<G: Into<Arc<Group>>> FromIterator<G> for GroupGraph {
    fn from_iter<I: IntoIterator<Item = G>>(groups: I) -> Self {
        let keyed = |group: G| {
            let group = group.into();
            (group.id, group)
        };
        Self { groups: groups.into_iter().map(keyed).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> GroupId {
        GroupId(Uuid::from_u128(n as u128))
    }

    /// A chain 0 → 1 → … → `top`; the groups in `superusers` grant.
    fn chain(top: usize, superusers: &[usize]) -> GroupGraph {
        (0..=top)
            .map(|n| Group {
                id: id(n),
                name: n.to_string(),
                is_superuser: superusers.contains(&n),
                parent: (n < top).then(|| id(n + 1)),
                ..Group::example()
            })
            .collect()
    }

    #[test]
    fn depth_is_bounded_as_recorded() {
        assert!(chain(30, &[0]).grants_superuser([&id(0)]));
        assert!(chain(30, &[19]).grants_superuser([&id(0)]));
        assert!(!chain(30, &[20]).grants_superuser([&id(0)]));
        assert!(chain(30, &[20]).grants_superuser([&id(0), &id(1)]));
        assert!(!chain(30, &[3]).grants_superuser([&id(4)]));
        assert!(!chain(3, &[3]).grants_superuser([&id(9)]));
    }

    #[test]
    fn cycles_end() {
        let mut graph = chain(3, &[]);
        let mut top = graph.get(id(3)).unwrap().clone();
        top.parent = Some(id(0));
        graph.insert(top);
        assert_eq!(graph.lineage(id(1)).count(), 4);
        assert!(!graph.grants_superuser([&id(0)]));
    }
}
