//! What a load asks and answers.

use std::collections::BTreeSet;

use super::Epochs;
use crate::{ChangeId, GroupGraph, GroupId, Revision, User, UserId, UserType};

/// Everything a load shall answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotQuery {
    /// The user.
    pub user: UserId,
    /// Ask whether *another* user has this name, compared byte for byte.
    pub username: Option<String>,
    /// Groups that the request names: those that exist come back in [`Snapshot::groups`].
    pub groups: BTreeSet<GroupId>,
    /// The acting user, whose state is read in the same moment.
    pub actor: Option<UserId>,
    /// Ask for [`Snapshot::other_active_superuser`].
    pub other_active_superuser: bool,
    /// Ask for [`Snapshot::landed`]: whether the event of this change is there.
    pub change: Option<ChangeId>,
}

impl SnapshotQuery {
    /// Asks for the user alone.
    pub fn user(user: UserId) -> Self {
        Self {
            user,
            username: None,
            groups: BTreeSet::new(),
            actor: None,
            other_active_superuser: false,
            change: None,
        }
    }
}

/// Facts of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The user as stored.
    pub user: User,
    /// The user's groups, the groups asked for and the actor's groups, as far as they exist, each with its
    /// ancestors up to [`MAX_PARENTS`](crate::MAX_PARENTS) above it.
    pub groups: GroupGraph,
    /// Whether another user has the name asked for; false if none was asked for.
    pub username_taken: bool,
    /// The acting user now; `None` if none was asked for or there is no such user.
    pub actor: Option<ActorState>,
    /// Whether somebody *other than the user* is active and superuser (by the hierarchy, as
    /// [`GroupGraph::grants_superuser`] tells it); `None` if it was not asked for.
    pub other_active_superuser: Option<bool>,
    /// The guard rows.
    pub epochs: Epochs,
    /// Whether the event of the change asked for is there; false if none was asked for.
    pub landed: bool,
}

/// The acting user at the moment of the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorState {
    /// Who.
    pub id: UserId,
    /// Whether they may log in now.
    pub is_active: bool,
    /// What kind of user they are.
    pub user_type: UserType,
    /// Their direct groups; the lineage of each is in the same snapshot's graph.
    pub groups: BTreeSet<GroupId>,
    /// The state of their row.
    pub revision: Revision,
}

impl From<&User> for ActorState {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            is_active: user.is_active,
            user_type: user.user_type,
            groups: user.groups.clone(),
            revision: user.revision,
        }
    }
}

impl ActorState {
    /// Whether the actor has power now: is active and superuser.
    pub fn has_power(&self, graph: &GroupGraph) -> bool {
        self.is_active && graph.grants_superuser(&self.groups)
    }
}

impl Snapshot {
    /// Whether the user is superuser as stored, active or not.
    pub fn is_superuser(&self) -> bool {
        self.groups.grants_superuser(&self.user.groups)
    }

    /// Whether the actor, if a user of this directory, has power now.
    pub fn actor_has_power(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.has_power(&self.groups))
    }
}
