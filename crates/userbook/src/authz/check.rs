//! What is asked of an authorizer.

use crate::{ActorState, Field, GroupGraph, GroupId, Snapshot, Survey, UserId};

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// See the user.
    View,
    /// Change the user at all.
    Change,
    /// Set this field of the user. Asked for every field the request sets, and for `groups` when a PUT omits
    /// it (which clears them); consulted for those that really change.
    Set(Field),
    /// Let the user join this group.
    Join(GroupId),
    /// Let users join this group, whoever they are (authentik's `add_user_to_group`). It is asked where a request
    /// lets a user join single groups ([`UserUpdate::join_group`](crate::UserUpdate::join_group)), and stands in
    /// for [`Check::Change`], [`Check::Set`] of the groups and [`Check::Join`], if every join and leave of the
    /// request is allowed in this way. It never gives power: that is [`Check::GrantPower`]'s question.
    AddMember(GroupId),
    /// Let users leave this group (authentik's `remove_user_from_group`), in the same way.
    RemoveMember(GroupId),
    /// Make somebody superuser through this group (authentik's `enable_group_superuser`).
    GrantPower(GroupId),
    /// Make users.
    AddUser,
    /// Delete the user.
    DeleteUser,
    /// Make groups, this one among them.
    AddGroup(GroupId),
    /// Change this group.
    ChangeGroup(GroupId),
    /// Delete this group.
    DeleteGroup(GroupId),
}

/// What the questions are about.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A user, with everything that was loaded.
    Known(&'a Snapshot),
    /// A user that does not exist. The right to see is asked all the same: `Allow` then means 404, `Deny` 403.
    Unknown(Option<&'a ActorView<'a>>),
    /// The directory: new users, and groups.
    Directory(&'a Survey),
}

/// The acting user now, and the groups that tell whether they are superuser.
#[derive(Debug, Clone, Copy)]
pub struct ActorView<'a> {
    /// The acting user.
    pub state: &'a ActorState,
    /// Their groups with ancestors.
    pub groups: &'a GroupGraph,
}

impl ActorView<'_> {
    /// Whether the actor is active and superuser now.
    pub fn has_power(&self) -> bool {
        self.state.has_power(self.groups)
    }
}

impl<'a> Target<'a> {
    /// The user, if it exists.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Known(snapshot) => Some(snapshot.user.id),
            Self::Unknown(_) | Self::Directory(_) => None,
        }
    }

    /// The acting user now, if a user of this directory acts.
    pub fn actor(&self) -> Option<ActorView<'a>> {
        match self {
            Self::Known(snapshot) => {
                snapshot.actor.as_ref().map(|state| ActorView { state, groups: &snapshot.groups })
            }
            Self::Unknown(actor) => actor.copied(),
            Self::Directory(survey) => {
                survey.actor.as_ref().map(|state| ActorView { state, groups: &survey.groups })
            }
        }
    }
}
