//! Who has power, without a look at those who are inactive.

use std::collections::HashSet;

use userbook::{GroupId, MAX_PARENTS, UserId};

use crate::groups::Groups;

impl Groups {
    /// Whether an active user is a direct member of one of the groups.
    pub(crate) fn active_member<'a>(&self, groups: impl IntoIterator<Item = &'a GroupId>) -> bool {
        groups.into_iter().filter_map(|id| self.nodes.get(id)).any(|node| !node.active.is_empty())
    }

    /// Whether somebody other than `user` is active and superuser: walks down from the groups that grant it,
    /// level by level, so that each group is met at its least distance.
    pub(crate) fn other_active_superuser(&self, user: UserId) -> bool {
        let mut seen: HashSet<GroupId> = self.superusers.iter().copied().collect();
        let mut level: Vec<GroupId> = self.superusers.iter().copied().collect();
        for _ in 0..=MAX_PARENTS {
            let mut below = Vec::new();
            for node in level.iter().filter_map(|id| self.nodes.get(id)) {
                if node.active.iter().any(|member| *member != user) {
                    return true;
                }
                below.extend(node.children.iter().copied().filter(|child| seen.insert(*child)));
            }
            level = below;
        }
        false
    }
}
