//! The questions that an authorizer answers.

use crate::{
    model::{GroupGraph, GroupId, User, UserId},
    store::ActorState,
    violation::Field,
};

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// See the user.
    View,
    /// Change the user at all.
    Change,
    /// Set this field of the user. The service asks it for every field before it reads the request, and consults
    /// it for the fields that really change.
    Set(Field),
    /// Let the user join this group.
    Join(GroupId),
    /// See this group: its name, its attributes, and that it exists.
    ViewGroup(GroupId),
    /// Let any user join this group (authentik's `add_user_to_group`).
    /// [`add_member`](crate::UserService::add_member) asks it twice: before the user is known, and then with the user as
    /// the resource. Superuser status that comes with the group is a question of its own: [`Check::GrantSuperuser`].
    AddMember(GroupId),
    /// Let users leave this group (authentik's `remove_user_from_group`), in the same way.
    RemoveMember(GroupId),
    /// Give or take superuser status through this group (authentik's `enable_group_superuser`).
    GrantSuperuser(GroupId),
    /// Create users.
    AddUser,
    /// Delete the user.
    DeleteUser,
    /// Create groups, this one among them.
    AddGroup(GroupId),
    /// Change this group. It needs [`Check::ViewGroup`] besides.
    ChangeGroup(GroupId),
    /// Delete this group. It needs [`Check::ViewGroup`] besides.
    DeleteGroup(GroupId),
}

/// The object of the questions, with the facts that were loaded.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// An existing user.
    User(&'a User, Facts<'a>),
    /// A user that does not exist. The answer to [`Check::View`] decides: `Allow` and `Hide` become 404, `Deny`
    /// becomes 403.
    MissingUser(Facts<'a>),
    /// The directory: new users, and groups.
    Directory(Facts<'a>),
}

/// The facts that come with a [`Resource`].
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The groups of user and actor and those that the request names, as far as they exist, with their ancestors.
    pub groups: &'a GroupGraph,
    /// The acting user; `None` unless a user of this directory acts.
    pub actor: Option<&'a ActorState>,
}

/// The acting user, and the groups that decide whether the user is superuser.
#[derive(Debug, Clone, Copy)]
pub struct ActorView<'a> {
    /// The acting user.
    pub state: &'a ActorState,
    /// The user's groups with ancestors.
    pub groups: &'a GroupGraph,
}

impl ActorView<'_> {
    /// Whether the actor is active and superuser.
    pub fn is_active_superuser(&self) -> bool {
        self.state.is_active_superuser(self.groups)
    }
}

impl<'a> Resource<'a> {
    /// The facts.
    pub fn facts(&self) -> Facts<'a> {
        match self {
            Self::User(_, facts) | Self::MissingUser(facts) | Self::Directory(facts) => *facts,
        }
    }

    /// The user, if the resource is one.
    pub fn user(&self) -> Option<&'a User> {
        match self {
            Self::User(user, _) => Some(user),
            Self::MissingUser(_) | Self::Directory(_) => None,
        }
    }

    /// The id of the user, if the resource is one.
    pub fn user_id(&self) -> Option<UserId> {
        self.user().map(|user| user.id)
    }

    /// The acting user, if a user of this directory acts.
    pub fn actor(&self) -> Option<ActorView<'a>> {
        let Facts { groups, actor } = self.facts();
        actor.map(|state| ActorView { state, groups })
    }
}
