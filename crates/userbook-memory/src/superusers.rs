//! Finds superusers who can act, without reading users who cannot.

use std::collections::{BTreeSet, HashSet};

use userbook::{
    GroupId, UserId,
    model::MAX_PARENTS,
    store::{SuperuserQuery, Superusers},
};

use crate::groups::{Groups, Node};

impl Groups {
    /// Returns the superusers among the direct members of some groups.
    pub(crate) fn superusers_in(&self, query: &SuperuserQuery) -> Superusers {
        let mut found = Superusers::default();
        for id in &query.groups {
            let Some(node) = self.nodes.get(id) else { continue };
            let except = query.except.as_ref().filter(|(group, _)| group == id).map(|(_, users)| users);
            add(&mut found, node, |user| except.is_none_or(|users| !users.contains(user)));
        }
        found
    }

    /// Returns the superusers other than `target`. Walks down from the granting groups level by level, so that each
    /// group is visited at its smallest distance.
    pub(crate) fn other_superusers(&self, target: Option<UserId>) -> Superusers {
        let mut found = Superusers::default();
        let mut seen: HashSet<GroupId> = self.superusers.iter().copied().collect();
        let mut level: Vec<GroupId> = self.superusers.iter().copied().collect();
        for _ in 0..=MAX_PARENTS {
            let mut below = Vec::new();
            for node in level.iter().filter_map(|id| self.nodes.get(id)) {
                add(&mut found, node, |user| Some(*user) != target);
                below.extend(node.children.iter().copied().filter(|child| seen.insert(*child)));
            }
            if found.person && found.service_account {
                break;
            }
            level = below;
        }
        found
    }

    /// Returns all groups whose direct members are superusers: granting groups, and groups up to [`MAX_PARENTS`] below
    /// one.
    pub(crate) fn granting(&self) -> BTreeSet<GroupId> {
        let mut granting = self.superusers.clone();
        let mut level: Vec<GroupId> = self.superusers.iter().copied().collect();
        for _ in 0..MAX_PARENTS {
            let nodes = level.iter().filter_map(|id| self.nodes.get(id));
            level =
                nodes.flat_map(|node| &node.children).copied().filter(|id| granting.insert(*id)).collect();
        }
        granting
    }
}

fn add(found: &mut Superusers, node: &Node, counts: impl Fn(&UserId) -> bool) {
    found.person = found.person || node.members.persons.iter().any(&counts);
    found.service_account = found.service_account || node.members.service_accounts.iter().any(&counts);
}
