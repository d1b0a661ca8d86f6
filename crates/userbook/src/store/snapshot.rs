//! The query and the result of a load.

use std::collections::BTreeSet;

use super::Epochs;
use crate::json::SharedJson;
use crate::model::{ChangeId, GroupGraph, GroupId, Revision, User, UserId, UserRef, UserType};

/// The facts that a load must return.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotQuery {
    /// The user to read; `None` reads only the actor and the counters.
    pub target: Option<UserRef>,
    /// Requests whether a user *other than the target* has this username, compared byte for byte.
    pub username: Option<String>,
    /// Requests whether a user *other than the target* has a username or e-mail address that
    /// [folds](crate::field::fold) like this username.
    pub login: Option<String>,
    /// Requests the same for this e-mail address.
    pub email: Option<String>,
    /// Groups of the request; the existing ones are part of [`Snapshot::groups`].
    pub groups: BTreeSet<GroupId>,
    /// The acting user, read from the same state.
    pub actor: Option<UserId>,
    /// Requests [`Snapshot::other_superusers`].
    pub other_superusers: bool,
    /// Requests [`Snapshot::change_committed`].
    pub change: Option<ChangeId>,
}

impl SnapshotQuery {
    /// Creates a query for one user.
    pub fn user(target: impl Into<UserRef>) -> Self {
        Self { target: Some(target.into()), ..Self::default() }
    }
}

/// Facts of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// The target as stored; `None` if the query names no target or no user matches.
    pub user: Option<User>,
    /// The existing ones of the target's, the query's and the actor's groups, each with its ancestors up to
    /// [`MAX_PARENTS`](crate::model::MAX_PARENTS) above.
    pub groups: GroupGraph,
    /// Whether another user has the username of the query; `false` if the query names none.
    pub username_taken: bool,
    /// Whether another user has a name like the login of the query; `false` if the query names none.
    pub login_taken: bool,
    /// Whether another user has a name like the e-mail address of the query; `false` if the query names none.
    pub email_taken: bool,
    /// The acting user; `None` if the query names no actor or no user matches.
    pub actor: Option<ActorState>,
    /// Which superusers who can act exist *other than the target*; `None` unless requested.
    pub other_superusers: Option<Superusers>,
    /// The guard counters.
    pub epochs: Epochs,
    /// Whether the event of the query's change is stored; `false` without such a change.
    pub change_committed: bool,
}

/// Which superusers who can act exist: active members of a group that grants superuser status, as
/// [`GroupGraph::grants_superuser`] evaluates the hierarchy. [`ANONYMOUS_USERNAME`](crate::model::ANONYMOUS_USERNAME)
/// and internal service accounts never count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Superusers {
    /// At least one user of type `internal` or `external`.
    pub person: bool,
    /// At least one user of type `service_account`.
    pub service_account: bool,
}

impl Superusers {
    /// Returns the superusers of both sets.
    #[must_use]
    pub fn with(self, more: Self) -> Self {
        Self {
            person: self.person || more.person,
            service_account: self.service_account || more.service_account,
        }
    }
}

/// The acting user at the time of the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorState {
    /// The user's id.
    pub id: UserId,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The kind of user.
    pub user_type: UserType,
    /// The folder in the tree of users.
    pub path: String,
    /// The free attributes.
    pub attributes: SharedJson,
    /// The direct groups; the graph of the same snapshot contains their ancestors.
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
            path: user.path.clone(),
            attributes: user.attributes.clone(),
            groups: user.groups.clone(),
            revision: user.revision,
        }
    }
}

impl ActorState {
    /// Returns whether the actor is an active superuser.
    pub fn is_active_superuser(&self, graph: &GroupGraph) -> bool {
        self.is_active && graph.grants_superuser(&self.groups)
    }
}
