//! Groups, their hierarchy, and their members.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
};

use userbook::{
    Group, GroupId, Timestamp, UserId,
    model::{ExternalIds, GroupGraph, MAX_PARENTS},
    store::GroupShape,
};
use uuid::Uuid;

use crate::{can_act::CanAct, external_ids::ExternalIndex};

/// A group with the rows that refer to it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) group: Arc<Group>,
    pub(crate) children: BTreeSet<GroupId>,
    pub(crate) members: Members,
}

/// The direct members of a group, separated by whether they can act. Questions about superusers read only members who
/// can act.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) persons: BTreeSet<UserId>,
    pub(crate) service_accounts: BTreeSet<UserId>,
    others: BTreeSet<UserId>,
}

impl Members {
    pub(crate) fn contains(&self, user: UserId) -> bool {
        self.sets().into_iter().any(|set| set.contains(&user))
    }

    /// Returns all members, unordered.
    pub(crate) fn iter(&self) -> impl Iterator<Item = UserId> {
        self.sets().into_iter().flatten().copied()
    }

    /// Returns the members with the smallest ids.
    pub(crate) fn first(&self, limit: usize) -> BTreeSet<UserId> {
        let mut first: BTreeSet<_> =
            self.sets().into_iter().flat_map(|set| set.iter().take(limit)).copied().collect();
        while first.len() > limit {
            first.pop_last();
        }
        first
    }

    fn sets(&self) -> [&BTreeSet<UserId>; 3] {
        [&self.persons, &self.service_accounts, &self.others]
    }

    fn set(&mut self, kind: CanAct) -> &mut BTreeSet<UserId> {
        match kind {
            CanAct::Person => &mut self.persons,
            CanAct::ServiceAccount => &mut self.service_accounts,
            CanAct::No => &mut self.others,
        }
    }
}

/// All groups. Every parent and every member's group exists, because callers check before they write.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) nodes: HashMap<GroupId, Node>,
    pub(crate) superusers: BTreeSet<GroupId>,
    /// In the order of lists. Imported groups may share a name.
    pub(crate) names: BTreeSet<(String, GroupId)>,
    pub(crate) external_ids: ExternalIndex<GroupId>,
}

impl Groups {
    /// Returns the groups with this name.
    pub(crate) fn named<'n>(&'n self, name: &'n str) -> impl Iterator<Item = GroupId> + 'n {
        let first = (name.to_owned(), GroupId(Uuid::nil()));
        self.names.range(first..).take_while(move |(known, _)| known == name).map(|(_, id)| *id)
    }

    /// Returns whether another group has this name, and the group itself has another.
    pub(crate) fn is_taken(&self, id: GroupId, name: &str) -> bool {
        let is_own = self.nodes.get(&id).is_some_and(|node| node.group.name == name);
        !is_own && self.named(name).any(|holder| holder != id)
    }

    /// Returns the missing ones of these groups.
    pub(crate) fn missing<'a>(&self, groups: impl IntoIterator<Item = &'a GroupId>) -> BTreeSet<GroupId> {
        groups.into_iter().copied().filter(|id| !self.nodes.contains_key(id)).collect()
    }

    /// Returns the existing ones of these groups, each with its ancestors up to [`MAX_PARENTS`] above. A walk does not
    /// end at a group that another walk has visited, because walks have different distances left.
    pub(crate) fn closure<'a>(&self, starts: impl Iterator<Item = &'a GroupId>) -> GroupGraph {
        let mut graph = GroupGraph::default();
        for start in starts {
            let above = |node: &&Node| self.nodes.get(node.group.parent.as_ref()?);
            let lineage = std::iter::successors(self.nodes.get(start), above);
            for node in lineage.take(MAX_PARENTS + 1) {
                graph.insert(Arc::clone(&node.group));
            }
        }
        graph
    }

    /// Returns all groups.
    pub(crate) fn all(&self) -> GroupGraph {
        self.nodes.values().map(|node| Arc::clone(&node.group)).collect()
    }

    /// Returns the position of every group in the hierarchy.
    pub(crate) fn shape(&self) -> BTreeMap<GroupId, GroupShape> {
        self.nodes.iter().map(|(id, node)| (*id, GroupShape::of(&node.group))).collect()
    }

    /// Returns the positions of a group and of all groups below it. Cycles end.
    pub(crate) fn below(&self, id: GroupId) -> BTreeMap<GroupId, GroupShape> {
        let mut found = BTreeMap::new();
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            if let Some(node) = self.nodes.get(&id)
                && found.insert(id, GroupShape::of(&node.group)).is_none()
            {
                next.extend(&node.children);
            }
        }
        found
    }

    /// Inserts a group or overwrites the group with its id; members and children stay.
    pub(crate) fn put(&mut self, group: Arc<Group>) {
        let id = group.id;
        self.names.insert((group.name.clone(), id));
        if group.is_superuser {
            self.superusers.insert(id);
        }
        let parent = group.parent;
        match self.nodes.entry(id) {
            Entry::Vacant(entry) => {
                self.external_ids.replace(id, &ExternalIds::new(), &group.external_ids);
                entry.insert(Node { group, children: BTreeSet::new(), members: Members::default() });
            }
            Entry::Occupied(mut entry) => {
                let old = std::mem::replace(&mut entry.get_mut().group, Arc::clone(&group));
                self.external_ids.replace(id, &old.external_ids, &group.external_ids);
                if old.name != group.name {
                    self.names.remove(&(old.name.clone(), id));
                }
                if !group.is_superuser {
                    self.superusers.remove(&id);
                }
                self.attach(id, old.parent, None);
            }
        }
        self.attach(id, None, parent);
    }

    /// Moves a child from one parent to another.
    fn attach(&mut self, child: GroupId, from: Option<GroupId>, to: Option<GroupId>) {
        if let Some(node) = from.and_then(|id| self.nodes.get_mut(&id)) {
            node.children.remove(&child);
        }
        if let Some(node) = to.and_then(|id| self.nodes.get_mut(&id)) {
            node.children.insert(child);
        }
    }

    /// Links every group with its parent after groups were inserted before their parents.
    pub(crate) fn attach_all(&mut self) {
        let places: Vec<_> = self.nodes.values().map(|node| (node.group.id, node.group.parent)).collect();
        for (id, parent) in places {
            self.attach(id, None, parent);
        }
    }

    /// Removes a group without members; child groups lose their parent, which changes them at this time.
    pub(crate) fn remove(&mut self, id: GroupId, time: Timestamp) {
        let Some(node) = self.nodes.remove(&id) else { return };
        self.names.remove(&(node.group.name.clone(), id));
        self.superusers.remove(&id);
        self.external_ids.replace(id, &node.group.external_ids, &ExternalIds::new());
        self.attach(id, node.group.parent, None);
        for child in &node.children {
            if let Some(child) = self.nodes.get_mut(child) {
                let child = Arc::make_mut(&mut child.group);
                (child.parent, child.updated_at) = (None, time);
            }
        }
    }

    /// Adds a user to these groups.
    pub(crate) fn join<'a>(
        &mut self,
        user: UserId,
        kind: CanAct,
        groups: impl IntoIterator<Item = &'a GroupId>,
    ) {
        for id in groups {
            if let Some(node) = self.nodes.get_mut(id) {
                node.members.set(kind).insert(user);
            }
        }
    }

    /// Removes a user from these groups.
    pub(crate) fn leave<'a>(
        &mut self,
        user: UserId,
        kind: CanAct,
        groups: impl IntoIterator<Item = &'a GroupId>,
    ) {
        for id in groups {
            if let Some(node) = self.nodes.get_mut(id) {
                node.members.set(kind).remove(&user);
            }
        }
    }
}
