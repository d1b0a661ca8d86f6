//! The port for lists of users and groups.
//!
//! It is separate from [`UserStore`](super::UserStore): hosts that only update users need not implement it. Like every
//! port, it contains no rules and no permissions: the caller determines the visible rows and passes them as a
//! [`Scope`].

use std::{collections::BTreeSet, fmt::Debug};

use async_trait::async_trait;
use uuid::Uuid;

use super::{Scope, StoreError};
use crate::model::{ExternalIds, ExternalSource, Group, GroupGraph, GroupId, User, UserId, UserType};

mod attributes;
mod content;
mod fold;
mod times;

pub use attributes::{AttributeCondition, AttributeTest, Comparison, TextPosition, TextTest};
pub use content::{ContentFilter, RowContent};
pub use times::{TimeColumn, TimeCondition, TimeTest};

/// A store that lists users and groups.
///
/// # Laws
/// - A page is read from one consistent state, together with its count and its groups.
/// - Every order ends with the primary key, so that pages neither repeat nor omit rows.
/// - [`ANONYMOUS_USERNAME`](crate::model::ANONYMOUS_USERNAME) is never listed, counted, or included in members.
/// - All stores have equal results: texts are sorted by code point and compared byte for byte. Databases disagree about
///   letters and JSON, so a store applies words and conditions on attributes with [`ContentFilter`].
///
/// # Costs
/// The first page by username or by the time of creation without a filter, and an exact username, cost the same for any
/// number of users, the count included. In a store for many users, other exact filters (names, e-mail, path, type, ids,
/// external ids, members, parents) and the times of creation and of the last change, and their count
/// cost as much as their matches. Other orders and late pages read all rows that the rest of the filter leaves.
/// Searches and conditions on attributes read the texts and documents of these rows, and yield to other tasks
/// meanwhile; the service limits their time ([`Limits::search_time`](crate::Limits::search_time)).
#[async_trait]
pub trait ListStore: Debug + Send + Sync + 'static {
    /// Returns one page of users.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails; a row that cannot be decoded is
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), never omitted.
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError>;

    /// Returns one page of groups.
    ///
    /// # Errors
    /// As [`ListStore::list_users`].
    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError>;

    /// Returns the different paths of the matching users.
    ///
    /// # Errors
    /// As [`ListStore::list_users`].
    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError>;
}

/// The size of each row of a page in [`UserListQuery::max_bytes`] in addition to its text and JSON, in bytes. A user,
/// a group, a member and a membership are one row each.
pub const ROW_BYTES: u64 = 100;

/// A query for one page of users.
#[derive(Debug, Clone, PartialEq)]
pub struct UserListQuery {
    /// The visible users.
    pub scope: Scope<UserId>,
    /// The filter.
    pub filter: UserFilter,
    /// The order; the id is the last criterion.
    pub order: Vec<Order<UserColumn>>,
    /// The number of rows to skip.
    pub offset: u64,
    /// The maximum number of rows.
    pub limit: u32,
    /// The maximum size of the users, their memberships and their groups with ancestors, in bytes of text and JSON, and
    /// [`ROW_BYTES`] for each row; see [`UserPage::too_large`].
    pub max_bytes: u64,
}

/// Criteria for users; all of them must hold. `None` or an empty list means no restriction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserFilter {
    /// Exactly this e-mail address, byte for byte.
    pub email: Option<String>,
    /// Exactly this display name, byte for byte.
    pub name: Option<String>,
    /// One of these ids.
    pub ids: BTreeSet<UserId>,
    /// One of these usernames, byte for byte.
    pub usernames: BTreeSet<String>,
    /// A username or an e-mail address that folds as this text does ([`fold`](crate::field::fold)). An empty text
    /// selects nothing.
    pub folded_name: Option<String>,
    /// One of these UUIDs.
    pub uuids: BTreeSet<Uuid>,
    /// Active or not.
    pub is_active: Option<bool>,
    /// Superusers, or other users.
    pub is_superuser: Option<SuperuserFilter>,
    /// Exactly this path.
    pub path: Option<String>,
    /// A path with this prefix.
    pub path_prefix: Option<String>,
    /// One of these types.
    pub types: BTreeSet<UserType>,
    /// For each of these sets a direct member of one of its groups.
    pub groups: Vec<BTreeSet<GroupId>>,
    /// Conditions on times; all of them must hold.
    pub times: Vec<TimeCondition>,
    /// Managed by an external source.
    pub external_id: Option<ExternalIdFilter>,
    /// Conditions on attributes; all of them must hold.
    pub attributes: Vec<AttributeCondition>,
    /// Each of these words occurs in the username, the name, the e-mail address, the UUID with hyphens, the attributes
    /// as JSON (`{"n": 1, "team": "red"}`), or `true` (`false` for an inactive user). Upper and lower case are equal
    /// for all letters that have one of each; accents count.
    pub search: Vec<String>,
}

/// Selects users or groups that an external source manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdFilter {
    /// The source.
    pub source: ExternalSource,
    /// Exactly this identifier, byte for byte; `None` selects all that the source manages.
    pub identifier: Option<String>,
}

impl ExternalIdFilter {
    /// Returns whether an object with these external ids matches.
    pub fn matches(&self, ids: &ExternalIds) -> bool {
        match &self.identifier {
            None => ids.is_managed_by(&self.source),
            Some(identifier) => ids.identifier(&self.source) == Some(identifier),
        }
    }
}

/// Selects users by superuser status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuperuserFilter {
    /// Superusers if `true`, other users if `false`.
    pub is_superuser: bool,
    /// Whether ancestors count, as [`GroupGraph::grants_superuser`] evaluates them. The recorded release considers
    /// direct groups only.
    pub inherited: bool,
}

/// The columns by which users can be sorted.
///
/// Exhaustive: a store sorts by each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserColumn {
    /// `pk`
    Id,
    /// `username`
    Username,
    /// `name`
    Name,
    /// `email`
    Email,
    /// `is_active`
    IsActive,
    /// `last_login`; users without a login sort last in ascending order and first in descending order.
    LastLogin,
    /// `path`
    Path,
    /// `type`
    Type,
    /// `uuid`
    Uuid,
    /// `password_change_date`
    PasswordChangeDate,
    /// [`User::created_at`]
    CreatedAt,
    /// [`User::updated_at`]
    UpdatedAt,
}

/// A column and a direction. Texts are compared by code point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order<C> {
    /// The column.
    pub column: C,
    /// Whether the order is descending.
    pub descending: bool,
}

/// One page of users.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPage {
    /// The users, in order.
    pub users: Vec<User>,
    /// Their groups with ancestors up to [`MAX_PARENTS`](crate::model::MAX_PARENTS) above each.
    pub groups: GroupGraph,
    /// The number of rows on all pages.
    pub count: u64,
    /// Whether the page is larger than [`UserListQuery::max_bytes`]; `users` and `groups` are empty then.
    pub too_large: bool,
}

/// A query for the paths of users.
#[derive(Debug, Clone, PartialEq)]
pub struct PathListQuery {
    /// The visible users.
    pub scope: Scope<UserId>,
    /// The filter.
    pub filter: UserFilter,
    /// The maximum size of all paths, in bytes of text, and [`ROW_BYTES`] for each; see [`PathPage::too_large`].
    pub max_bytes: u64,
}

/// The paths of users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathPage {
    /// Each path once.
    pub paths: BTreeSet<String>,
    /// Whether the paths are larger than [`PathListQuery::max_bytes`]; `paths` is empty then.
    pub too_large: bool,
}

/// The attributes that a query for groups reads. Attributes that it does not read are empty, and count as empty towards
/// the size of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadAttributes {
    /// Those of the groups.
    pub groups: bool,
    /// Those of the members.
    pub members: bool,
}

impl ReadAttributes {
    /// All attributes.
    pub const ALL: Self = Self { groups: true, members: true };
    /// No attributes.
    pub const NONE: Self = Self { groups: false, members: false };
}

/// A query for one page of groups.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupListQuery {
    /// Which members to read with each group; `None` reads none.
    pub members: Option<Scope<UserId>>,
    /// Which attributes to read.
    pub attributes: ReadAttributes,
    /// The visible groups.
    pub scope: Scope<GroupId>,
    /// The filter.
    pub filter: GroupFilter,
    /// The order; the id is the last criterion.
    pub order: Vec<Order<GroupColumn>>,
    /// The number of rows to skip.
    pub offset: u64,
    /// The maximum number of rows.
    pub limit: u32,
    /// The maximum size of the groups and the members read with them, in bytes of text and JSON, and [`ROW_BYTES`] for
    /// each row; see [`GroupPage::too_large`].
    pub max_bytes: u64,
}

/// Criteria for groups; all of them must hold. `None` or an empty list means no restriction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupFilter {
    /// One of these ids.
    pub ids: BTreeSet<GroupId>,
    /// Exactly one of these names.
    pub names: BTreeSet<String>,
    /// Whether the group has the flag itself.
    pub is_superuser: Option<bool>,
    /// A child of one of these groups.
    pub parents: BTreeSet<GroupId>,
    /// For each of these sets one of its users is a direct member.
    pub members: Vec<BTreeSet<UserId>>,
    /// Managed by an external source.
    pub external_id: Option<ExternalIdFilter>,
    /// Conditions on attributes; all of them must hold.
    pub attributes: Vec<AttributeCondition>,
    /// Each of these words occurs in the name, or in `true` (`false` for a group without the flag). Letters compare as
    /// in [`UserFilter::search`].
    pub search: Vec<String>,
}

/// The columns by which groups can be sorted.
///
/// Exhaustive: a store sorts by each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupColumn {
    /// `pk`
    Id,
    /// `name`
    Name,
    /// `is_superuser`
    IsSuperuser,
    /// `parent`; groups without a parent sort last in ascending order and first in descending order.
    Parent,
    /// [`Group::created_at`]
    CreatedAt,
    /// [`Group::updated_at`]
    UpdatedAt,
}

/// One page of groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupPage {
    /// The groups, in order.
    pub groups: Vec<GroupEntry>,
    /// The number of rows on all pages.
    pub count: u64,
    /// Whether the page is larger than [`GroupListQuery::max_bytes`]; `groups` is empty then.
    pub too_large: bool,
}

/// A listed group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupEntry {
    /// The group.
    pub group: Group,
    /// The name of its parent.
    pub parent_name: Option<String>,
    /// The direct members that [`GroupListQuery::members`] requests, by ascending id. Their other memberships are not
    /// read, so their `groups` are empty.
    pub members: Vec<User>,
}
