//! The provisioning port: creates and deletes users and groups.
//!
//! The port has the shape of an update: one consistent read ([`DirectorySnapshot`]), a decision, one conditional write
//! ([`ProvisioningChange`]). A host that only updates users need not implement it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use uuid::Uuid;

use super::{ActorState, CommitOutcome, Epochs, Guards, StoreError, Superusers, UserStore};
use crate::{
    event::Event,
    model::{ChangeId, Group, GroupGraph, GroupId, Revision, User, UserId, UserType},
};

/// A store that also creates and deletes users and groups.
#[async_trait]
pub trait ProvisioningStore: UserStore {
    /// Reads consistently the facts for a decision about groups or new users.
    ///
    /// # Errors
    /// As [`UserStore::load`].
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError>;

    /// Applies all of `change` or nothing, and only while its guards hold.
    ///
    /// # Errors
    /// As [`UserStore::commit`].
    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError>;

    /// Takes the next user's id, and increments [`Epochs::next_user`] at once: no other call returns the id, and no
    /// user has it. It stays unused if its user is not inserted. Concurrent insertions need it, because only one of
    /// those that compare the counter is applied.
    ///
    /// # Errors
    /// As [`UserStore::commit`].
    async fn reserve_user_id(&self) -> Result<UserId, StoreError>;
}

/// The facts that [`ProvisioningStore::load_directory`] must return.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryQuery {
    /// Requests whether a user has this username, compared byte for byte.
    pub username: Option<String>,
    /// Requests whether a user has a username or e-mail address that [folds](crate::field::fold) like this username.
    pub login: Option<String>,
    /// Requests the same for this e-mail address.
    pub email: Option<String>,
    /// Requests a group with this name, compared byte for byte. Imported groups may share a name.
    pub group_name: Option<String>,
    /// The group that does not count for `group_name`.
    pub group_name_except: Option<GroupId>,
    /// Groups of the request; the existing ones are part of [`DirectorySnapshot::groups`].
    pub groups: BTreeSet<GroupId>,
    /// The acting user.
    pub actor: Option<UserId>,
    /// Requests the position of every group in [`DirectorySnapshot::shape`].
    pub shape: bool,
    /// Requests the positions of this group, if it exists, and of all groups below it, at any distance, in
    /// [`DirectorySnapshot::shape`]. A store must not read other groups for it. A cycle ends the walk.
    pub below: Option<GroupId>,
    /// Requests [`DirectorySnapshot::members`].
    pub members: Option<MemberQuery>,
    /// Requests [`DirectorySnapshot::superusers`].
    pub superusers: Option<SuperuserQuery>,
    /// Requests [`DirectorySnapshot::change_committed`].
    pub change: Option<ChangeId>,
}

/// Users whose membership in a group may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberQuery {
    /// All direct members of this group.
    pub of: Option<GroupId>,
    /// These users, if they exist.
    pub users: BTreeSet<UserId>,
    /// The maximum number of users to return, smallest ids first. A caller that allows *n* users requests *n* + 1.
    pub limit: u32,
}

/// Requests which superusers who can act are direct members of at least one of `groups`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SuperuserQuery {
    /// The groups that grant superuser status.
    pub groups: BTreeSet<GroupId>,
    /// Excluded memberships: these users in this group.
    pub except: Option<(GroupId, BTreeSet<UserId>)>,
}

/// Facts of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DirectorySnapshot {
    /// Whether a user has the username of the query.
    pub username_taken: bool,
    /// Whether a user has a name like the login of the query.
    pub login_taken: bool,
    /// Whether a user has a name like the e-mail address of the query.
    pub email_taken: bool,
    /// A group that has the group name of the query.
    pub group_named: Option<GroupId>,
    /// The existing ones of the query's and the actor's groups, with their ancestors.
    pub groups: GroupGraph,
    /// The acting user.
    pub actor: Option<ActorState>,
    /// The positions of groups in the hierarchy, without names and attributes: of every group, or of those of
    /// [`DirectoryQuery::below`]; empty unless requested.
    pub shape: BTreeMap<GroupId, GroupShape>,
    /// The users of [`DirectoryQuery::members`].
    pub members: BTreeMap<UserId, MemberState>,
    /// The result of [`DirectoryQuery::superusers`]; a store must not scan users who cannot act.
    pub superusers: Superusers,
    /// The guard counters.
    pub epochs: Epochs,
    /// Whether the event of the query's change is stored.
    pub change_committed: bool,
}

/// A user whose membership in a group may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberState {
    /// The UUID of the user.
    pub uuid: Uuid,
    /// The username.
    pub username: String,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The kind of user.
    pub user_type: UserType,
    /// The folder in the tree of users.
    pub path: String,
    /// All direct groups of the user.
    pub groups: BTreeSet<GroupId>,
    /// The revision of the user's row.
    pub revision: Revision,
    /// The version counter of the user's row.
    pub version: u64,
}

/// The position of a group in the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupShape {
    /// Whether members are superusers.
    pub is_superuser: bool,
    /// The parent group.
    pub parent: Option<GroupId>,
}

impl GroupShape {
    /// Returns the position of a group.
    pub const fn of(group: &Group) -> Self {
        Self { is_superuser: group.is_superuser, parent: group.parent }
    }
}

/// One decided change to users or groups, ready to be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisioningChange {
    /// The operation.
    pub op: ProvisioningOp,
    /// Whether an inserted user has an id of [`ProvisioningStore::reserve_user_id`]: the counter is not compared, and
    /// an id that a row has already is a conflict. Other operations ignore the value.
    pub has_reserved_id: bool,
    /// Memberships of the written or deleted group that change with it; empty for users.
    pub members: Vec<MemberChange>,
    /// Whether the external ids of the written group differ from the stored ones. Other operations ignore the value.
    pub sets_external_ids: bool,
    /// The conditions.
    pub guards: Guards,
    /// The audit event of `op`, written in the same atomic step; its id is the change id.
    pub event: Arc<Event>,
}

/// The operation of a [`ProvisioningChange`].
///
/// Exhaustive: a store handles every operation.
#[derive(Debug, Clone, PartialEq)]
pub enum ProvisioningOp {
    /// Inserts a user with its memberships. Unless the id was reserved, the store compares [`Epochs::next_user`] with
    /// the user's id and increments the counter; a different value is [`CommitOutcome::Conflict`].
    InsertUser(Box<User>),
    /// Deletes a user with its memberships if the row has this revision.
    DeleteUser {
        /// The user.
        user: UserId,
        /// The revision that the row must have.
        expected: Revision,
    },
    /// Inserts a group, or overwrites the one with its id, then applies the member changes. Always has an incrementing
    /// `graph` guard. The group has its new dates.
    PutGroup(Box<Group>),
    /// Applies the member changes, then deletes the group; child groups lose their parent, and the time of the event
    /// becomes their [`Group::updated_at`]. A remaining member is a
    /// [`CommitOutcome::Conflict`], so every member must be named. Always has an incrementing `graph` guard.
    DeleteGroup(GroupId),
}

impl ProvisioningOp {
    /// Returns the new row of a group that the operation inserts or overwrites.
    pub const fn written_group(&self) -> Option<&Group> {
        match self {
            Self::PutGroup(group) => Some(group),
            _ => None,
        }
    }

    /// Returns the group that the operation writes or deletes; `None` for users.
    pub const fn group(&self) -> Option<GroupId> {
        match self {
            Self::PutGroup(group) => Some(group.id),
            Self::DeleteGroup(id) => Some(*id),
            Self::InsertUser(_) | Self::DeleteUser { .. } => None,
        }
    }
}

/// One user joins or leaves the group of a [`ProvisioningChange`]: the same atomic step writes the row's revision and
/// version, the membership, and the user's own event.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberChange {
    /// The user.
    pub user: UserId,
    /// The revision that the row must have.
    pub expected: Revision,
    /// The row's new revision, and the id of the event.
    pub change: ChangeId,
    /// The row's new version counter.
    pub version: u64,
    /// Whether the user joins (or leaves).
    pub joins: bool,
    /// The audit event of the user. Its time becomes [`User::updated_at`]; [`Event::new_session_epoch`] is the new
    /// [`User::session_epoch`], if any.
    pub event: Arc<Event>,
}
