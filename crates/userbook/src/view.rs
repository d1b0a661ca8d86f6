//! A user together with what is derived from the directory.

use std::sync::Arc;

use crate::{Group, GroupGraph, User, UserPage};

/// A user as it is shown: the row, and what its groups make of it.
#[derive(Debug, Clone, PartialEq)]
pub struct UserView {
    /// The user.
    pub user: User,
    /// Whether one of the user's groups, or an ancestor of one, makes its members superusers; independent of
    /// `is_active`.
    pub is_superuser: bool,
    /// The user's groups, by id.
    pub groups: Vec<GroupView>,
}

/// A group as it is shown with a user.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupView {
    /// The group.
    pub group: Arc<Group>,
    /// The name of the group above.
    pub parent_name: Option<String>,
}

impl UserView {
    /// Shows `user`, whose groups must be in the graph with their ancestors.
    pub(crate) fn new(user: User, graph: &GroupGraph) -> Self {
        let is_superuser = graph.grants_superuser(&user.groups);
        let groups = user.groups.iter().filter_map(|id| graph.get_shared(*id)).map(|group| GroupView {
            group: Arc::clone(group),
            parent_name: group.parent.and_then(|id| graph.get(id)).map(|parent| parent.name.clone()),
        });
        Self { groups: groups.collect(), is_superuser, user }
    }
}

impl UserPage {
    /// The users as they are shown, in order.
    pub fn views(self) -> impl Iterator<Item = UserView> {
        let Self { users, groups, .. } = self;
        users.into_iter().map(move |user| UserView::new(user, &groups))
    }
}
