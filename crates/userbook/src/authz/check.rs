//! The questions of authorization.

use crate::{
    model::{GroupGraph, GroupId, User, UserId},
    store::ActorState,
    violation::Field,
};

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// View the user.
    View,
    /// Change the user.
    Change,
    /// Set this field of the user. The service requests this check for every field before it reads the request, and
    /// uses the results of the fields that change.
    Set(Field),
    /// Add the user to this group.
    Join(GroupId),
    /// View this group: its name, its attributes, and its existence.
    ViewGroup(GroupId),
    /// Add any user to this group (authentik's `add_user_to_group`). [`add_member`](crate::UserService::add_member)
    /// requests this check twice: before the user is known, and then with the user as the resource. Superuser status
    /// that the group grants needs a separate check: [`Check::GrantSuperuser`].
    AddMember(GroupId),
    /// Remove users from this group (authentik's `remove_user_from_group`), with the same two checks.
    RemoveMember(GroupId),
    /// Grant or revoke superuser status through this group (authentik's `enable_group_superuser`).
    GrantSuperuser(GroupId),
    /// Stop this group from granting superuser status to its members (authentik's `disable_group_superuser`).
    DisableSuperuser(GroupId),
    /// Create users.
    AddUser,
    /// Create tokens for new service accounts (authentik's `add_token`).
    AddToken,
    /// Set the user's password and create recovery links (authentik's `reset_user_password`). It needs
    /// [`Check::View`] besides.
    SetPassword,
    /// Act as the user (authentik's `impersonate`). It needs [`Check::View`] besides.
    Impersonate,
    /// Delete the user.
    DeleteUser,
    /// Create this group.
    AddGroup(GroupId),
    /// Change this group. It needs [`Check::ViewGroup`] besides.
    ChangeGroup(GroupId),
    /// Delete this group. It needs [`Check::ViewGroup`] besides.
    DeleteGroup(GroupId),
    /// Set external ids of this group. It needs [`Check::ChangeGroup`] or [`Check::AddGroup`] besides. For users the
    /// check is [`Check::Set`] of [`Field::ExternalIds`], also for new users.
    SetGroupExternalIds(GroupId),
}

/// The object of the checks, with the loaded facts.
///
/// Exhaustive: an authorizer decides about every kind of object.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// An existing user.
    User(&'a User, Facts<'a>),
    /// A missing user. The result of [`Check::View`] decides the response: `Allow` and `Hide` become 404, `Deny`
    /// becomes 403.
    MissingUser(Facts<'a>),
    /// The directory: new users, and groups.
    Directory(Facts<'a>),
}

/// The facts of a [`Resource`].
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The existing ones of the user's, the actor's and the request's groups, with their ancestors.
    pub groups: &'a GroupGraph,
    /// The acting user; `None` unless a user of this directory acts.
    pub actor: Option<&'a ActorState>,
}

/// The acting user, and the groups that determine superuser status.
#[derive(Debug, Clone, Copy)]
pub struct ActorView<'a> {
    /// The acting user.
    pub state: &'a ActorState,
    /// The user's groups with ancestors.
    pub groups: &'a GroupGraph,
}

impl ActorView<'_> {
    /// Returns whether the actor is an active superuser.
    pub fn is_active_superuser(&self) -> bool {
        self.state.is_active_superuser(self.groups)
    }
}

impl<'a> Resource<'a> {
    /// Returns the facts.
    pub fn facts(&self) -> Facts<'a> {
        match self {
            Self::User(_, facts) | Self::MissingUser(facts) | Self::Directory(facts) => *facts,
        }
    }

    /// Returns the user, if the resource is a user.
    pub fn user(&self) -> Option<&'a User> {
        match self {
            Self::User(user, _) => Some(user),
            Self::MissingUser(_) | Self::Directory(_) => None,
        }
    }

    /// Returns the id of the user, if the resource is a user.
    pub fn user_id(&self) -> Option<UserId> {
        self.user().map(|user| user.id)
    }

    /// Returns the acting user, if the actor is a user of this directory.
    pub fn actor(&self) -> Option<ActorView<'a>> {
        let Facts { groups, actor } = self.facts();
        actor.map(|state| ActorView { state, groups })
    }
}
