//! Groups, their places in the hierarchy, and who is in them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use userbook::{Group, GroupGraph, GroupId, GroupShape, MAX_PARENTS, UserId};

/// A group and what points at it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) group: Arc<Group>,
    pub(crate) children: BTreeSet<GroupId>,
    /// Active and inactive members apart: questions about power ask only the active ones, however many of the
    /// others there are.
    pub(crate) active: HashSet<UserId>,
    inactive: HashSet<UserId>,
}

impl Node {
    /// Whether this user is in it.
    pub(crate) fn has_member(&self, user: UserId) -> bool {
        self.active.contains(&user) || self.inactive.contains(&user)
    }

    /// Who is in it, in no order.
    pub(crate) fn all_members(&self) -> impl Iterator<Item = UserId> {
        self.active.iter().chain(&self.inactive).copied()
    }

    fn members(&mut self, active: bool) -> &mut HashSet<UserId> {
        if active { &mut self.active } else { &mut self.inactive }
    }
}

/// All groups. Every parent and every member's group is in here: callers check before they write.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) nodes: HashMap<GroupId, Node>,
    pub(crate) superusers: BTreeSet<GroupId>,
    /// In the order in which they are listed.
    pub(crate) names: BTreeMap<String, GroupId>,
}

impl Groups {
    /// The group of this name.
    pub(crate) fn named(&self, name: &str) -> Option<GroupId> {
        self.names.get(name).copied()
    }

    /// Those of the groups that are not there.
    pub(crate) fn missing<'a>(&self, groups: impl IntoIterator<Item = &'a GroupId>) -> BTreeSet<GroupId> {
        groups.into_iter().copied().filter(|id| !self.nodes.contains_key(id)).collect()
    }

    /// These groups as far as they exist, each with its ancestors up to [`MAX_PARENTS`] above it. No walk ends
    /// where another has been: that one may have come from further below, and ended sooner.
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

    /// Every group's place.
    pub(crate) fn shape(&self) -> BTreeMap<GroupId, GroupShape> {
        let shape = |group: &Group| GroupShape { is_superuser: group.is_superuser, parent: group.parent };
        self.nodes.iter().map(|(id, node)| (*id, shape(&node.group))).collect()
    }

    /// Puts a group in, or in place of the one with its id, whose members and children stay.
    pub(crate) fn put(&mut self, group: Arc<Group>) {
        let id = group.id;
        self.names.insert(group.name.clone(), id);
        if group.is_superuser {
            self.superusers.insert(id);
        }
        let parent = group.parent;
        match self.nodes.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(Node {
                    group,
                    children: BTreeSet::new(),
                    active: HashSet::new(),
                    inactive: HashSet::new(),
                });
            }
            Entry::Occupied(mut entry) => {
                let old = std::mem::replace(&mut entry.get_mut().group, Arc::clone(&group));
                if old.name != group.name {
                    self.names.remove(&old.name);
                }
                if !group.is_superuser {
                    self.superusers.remove(&id);
                }
                self.hang(id, old.parent, None);
            }
        }
        self.hang(id, None, parent);
    }

    /// Moves a child from one parent to another.
    fn hang(&mut self, child: GroupId, from: Option<GroupId>, to: Option<GroupId>) {
        if let Some(node) = from.and_then(|id| self.nodes.get_mut(&id)) {
            node.children.remove(&child);
        }
        if let Some(node) = to.and_then(|id| self.nodes.get_mut(&id)) {
            node.children.insert(child);
        }
    }

    /// Notes every group with its parent, after groups were put in before their parents.
    pub(crate) fn hang_all(&mut self) {
        let places: Vec<_> = self.nodes.values().map(|node| (node.group.id, node.group.parent)).collect();
        for (id, parent) in places {
            self.hang(id, None, parent);
        }
    }

    /// Takes a group out and tells who was in it; groups below lose their parent.
    pub(crate) fn remove(&mut self, id: GroupId) -> Option<impl Iterator<Item = UserId> + use<>> {
        let node = self.nodes.remove(&id)?;
        self.names.remove(&node.group.name);
        self.superusers.remove(&id);
        self.hang(id, node.group.parent, None);
        for child in &node.children {
            if let Some(child) = self.nodes.get_mut(child) {
                Arc::make_mut(&mut child.group).parent = None;
            }
        }
        Some(node.active.into_iter().chain(node.inactive))
    }

    /// Makes a user a member of these groups.
    pub(crate) fn join<'a>(
        &mut self,
        user: UserId,
        active: bool,
        groups: impl IntoIterator<Item = &'a GroupId>,
    ) {
        for id in groups {
            if let Some(node) = self.nodes.get_mut(id) {
                node.members(active).insert(user);
            }
        }
    }

    /// Ends a user's membership in these groups.
    pub(crate) fn leave<'a>(
        &mut self,
        user: UserId,
        active: bool,
        groups: impl IntoIterator<Item = &'a GroupId>,
    ) {
        for id in groups {
            if let Some(node) = self.nodes.get_mut(id) {
                node.members(active).remove(&user);
            }
        }
    }
}
