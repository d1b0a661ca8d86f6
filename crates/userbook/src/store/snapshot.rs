//! What a load asks for and what it returns.

use std::collections::BTreeSet;

use super::Epochs;
use crate::model::{ChangeId, GroupGraph, GroupId, Revision, User, UserId, UserRef, UserType};

/// The facts that a load must return.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotQuery {
    /// The user to read; `None` reads the actor and the counters alone.
    pub target: Option<UserRef>,
    /// Asks whether a user *other than the target* has this username, compared byte for byte.
    pub username: Option<String>,
    /// Groups named by the request: those that exist are part of [`Snapshot::groups`].
    pub groups: BTreeSet<GroupId>,
    /// The acting user, read in the same moment.
    pub actor: Option<UserId>,
    /// Asks for [`Snapshot::other_superusers`].
    pub other_superusers: bool,
    /// Asks for [`Snapshot::change_committed`].
    pub change: Option<ChangeId>,
}

impl SnapshotQuery {
    /// Asks for one user and nothing else.
    pub fn user(target: impl Into<UserRef>) -> Self {
        Self { target: Some(target.into()), ..Self::default() }
    }
}

/// Facts of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// The target as stored; `None` if the query names no target or no user matches.
    pub user: Option<User>,
    /// The target's groups, the groups named by the query and the actor's groups, as far as they exist, each with
    /// its ancestors up to [`MAX_PARENTS`](crate::model::MAX_PARENTS) above it.
    pub groups: GroupGraph,
    /// Whether another user has the username of the query; `false` if the query names none.
    pub username_taken: bool,
    /// The acting user; `None` if the query names no actor or no user matches.
    pub actor: Option<ActorState>,
    /// Which superusers who can act exist *besides the target*; `None` if the query does not ask.
    pub other_superusers: Option<Superusers>,
    /// The guard counters.
    pub epochs: Epochs,
    /// Whether the event of the change named by the query is stored; `false` if the query names none.
    pub change_committed: bool,
}

/// Which superusers who can act exist: active members of a group that grants superuser status, by the hierarchy as
/// [`GroupGraph::grants_superuser`] evaluates it. [`ANONYMOUS_USERNAME`](crate::model::ANONYMOUS_USERNAME) and internal
/// service accounts never count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Superusers {
    /// At least one user of type `internal` or `external`.
    pub person: bool,
    /// At least one user of type `service_account`.
    pub service_account: bool,
}

impl Superusers {
    /// The superusers of both sets.
    #[must_use]
    pub fn with(self, more: Self) -> Self {
        Self {
            person: self.person || more.person,
            service_account: self.service_account || more.service_account,
        }
    }
}

/// The acting user at the moment of the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorState {
    /// The user's id.
    pub id: UserId,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The kind of user.
    pub user_type: UserType,
    /// The direct groups; the ancestors of each are part of the same snapshot's graph.
    pub groups: BTreeSet<GroupId>,
    /// The revision of the user's row.
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
    /// Whether the actor is active and superuser.
    pub fn is_active_superuser(&self, graph: &GroupGraph) -> bool {
        self.is_active && graph.grants_superuser(&self.groups)
    }
}
