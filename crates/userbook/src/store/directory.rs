//! The port through which users and groups are made and unmade.
//!
//! It has the shape of an update: one consistent read ([`Survey`]), a decision, one conditional write
//! ([`Provision`]). Hosts that only ever update users need not implement it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{ActorState, Epochs, Guards, StoreError, UserStore};
use crate::{ChangeId, Event, Group, GroupGraph, GroupId, Revision, User, UserId};

/// A store that can also make and unmade users and groups.
#[async_trait]
pub trait DirectoryStore: UserStore {
    /// One consistent read of what a decision about groups or new users needs.
    ///
    /// # Errors
    /// As [`UserStore::load`].
    async fn survey(&self, query: &SurveyQuery) -> Result<Survey, StoreError>;

    /// Applies all of `provision` or none of it, and only while its guards hold.
    ///
    /// # Errors
    /// As [`UserStore::commit`].
    async fn provision(&self, provision: &Provision) -> Result<ProvisionOutcome, StoreError>;
}

/// Everything a survey shall answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SurveyQuery {
    /// Ask whether a user has this name.
    pub username: Option<String>,
    /// Ask which group has this name.
    pub group_name: Option<String>,
    /// Groups that the request names: those that exist come back in [`Survey::groups`].
    pub groups: BTreeSet<GroupId>,
    /// The acting user.
    pub actor: Option<UserId>,
    /// Ask for [`Survey::shape`].
    pub shape: bool,
    /// Ask for [`Survey::active_member`] of these groups: is an active user a *direct* member of one of them?
    pub active_member_of: Option<BTreeSet<GroupId>>,
    /// Ask for [`Survey::landed`].
    pub change: Option<ChangeId>,
}

/// Facts of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Survey {
    /// Whether a user has the name asked for.
    pub username_taken: bool,
    /// The group that has the name asked for.
    pub group_named: Option<GroupId>,
    /// The groups asked for and the actor's, as far as they exist, with their ancestors.
    pub groups: GroupGraph,
    /// The acting user now.
    pub actor: Option<ActorState>,
    /// Every group's place in the hierarchy, without names and attributes; empty if it was not asked for.
    pub shape: BTreeMap<GroupId, GroupShape>,
    /// Whether an active user is a direct member of one of the groups asked about; must not scan inactive ones.
    pub active_member: bool,
    /// The guard rows.
    pub epochs: Epochs,
    /// Whether the event of the change asked for is there.
    pub landed: bool,
}

/// A group's place in the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupShape {
    /// Whether members are superusers.
    pub is_superuser: bool,
    /// The group above.
    pub parent: Option<GroupId>,
}

/// One step, decided and ready to be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Provision {
    /// What to do.
    pub step: Step,
    /// What must hold.
    pub guards: Guards,
    /// The audit event, written in the same atomic step; its id is the change id.
    pub event: Event,
}

/// What a [`Provision`] does.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Inserts a user with its memberships. The store compares [`Epochs::next_user`] with the user's id and
    /// increments it; otherwise [`ProvisionOutcome::Stale`].
    InsertUser(Box<User>),
    /// Deletes a user and its memberships while the row has this revision.
    DeleteUser {
        /// The user.
        user: UserId,
        /// The revision the row must still have.
        expected: Revision,
    },
    /// Inserts a group, or overwrites the one with its id. Always comes with a changing `graph` guard.
    PutGroup(Box<Group>),
    /// Deletes a group and the memberships in it; groups below lose their parent. Always comes with a changing
    /// `graph` guard.
    DeleteGroup(GroupId),
}

/// How a [`Provision`] ended. Everything but `Applied` left no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvisionOutcome {
    /// All of it is there.
    Applied,
    /// Something it was decided on has changed, or the database asked to try again.
    Stale,
    /// What should be deleted is gone.
    Gone,
    /// A user has the name by now.
    UsernameTaken,
    /// Groups that are gone by now; empty if the store cannot tell which.
    MissingGroups(BTreeSet<GroupId>),
    /// A guard does not hold any more.
    GuardFailed,
}
