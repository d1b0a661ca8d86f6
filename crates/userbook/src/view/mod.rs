//! A user with derived values.

mod current_user;
mod visibility;

use std::sync::Arc;

pub use current_user::{CurrentUserView, SelfView};
pub(crate) use visibility::{Visibility, view_group_checks};

use crate::model::{Group, GroupGraph, GroupId, User};

/// A user as shown: the row, and what the user's groups determine.
#[derive(Debug, Clone, PartialEq)]
pub struct UserView {
    /// The user.
    pub user: User,
    /// Whether one of the user's groups, or an ancestor of one, grants superuser status; independent of `is_active`.
    pub is_superuser: bool,
    /// The user's groups by id.
    pub groups: Vec<GroupView>,
}

/// A group as shown with a user.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupView {
    /// The group.
    pub group: Arc<Group>,
    /// The name of the parent group.
    pub parent_name: Option<String>,
}

impl UserView {
    /// Creates the view of `user`; the user's groups must be in the graph with their ancestors.
    pub(crate) fn new(user: User, graph: &GroupGraph, visible: Visibility<'_>) -> Self {
        Self::with_groups(user, graph, |id| visible.shows(id))
    }

    pub(crate) fn with_groups(user: User, graph: &GroupGraph, shows: impl Fn(GroupId) -> bool) -> Self {
        let is_superuser = graph.grants_superuser(&user.groups);
        let groups =
            user.groups.iter().filter(|id| shows(**id)).filter_map(|id| graph.get_shared(*id)).map(|group| {
                GroupView {
                    group: Arc::clone(group),
                    parent_name: group
                        .parent
                        .filter(|id| shows(*id))
                        .and_then(|id| graph.get(id))
                        .map(|parent| parent.name.clone()),
                }
            });
        Self { groups: groups.collect(), is_superuser, user }
    }
}
