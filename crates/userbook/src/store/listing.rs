//! The port through which users and groups are listed.
//!
//! It stands beside [`UserStore`](super::UserStore): hosts that only ever update users need not implement it. Like
//! every port it knows no rule and no permission: who may be seen is decided before, and comes in as a [`Scope`].

use std::{collections::BTreeSet, fmt::Debug};

use async_trait::async_trait;
use uuid::Uuid;

use super::{Scope, StoreError};
use crate::{
    json::JsonObject,
    model::{Group, GroupGraph, GroupId, User, UserId, UserType},
};

/// A store whose users and groups can be listed.
///
/// # Laws
/// - A page is read from one consistent state, and so are its count and its groups.
/// - Every order ends with the primary key, so that pages neither repeat nor leave out a row.
/// - [`ANONYMOUS_USERNAME`](crate::model::ANONYMOUS_USERNAME) is never listed and never counted, nor shown among members.
/// - All stores answer alike, to the last letter: texts are ordered by code point, compared byte for byte, and
///   searched without regard to the case of ASCII letters. Databases differ in what else they take for the same
///   letter.
///
/// # What it costs
/// The first page by user name without a filter, and an exact user name, cost the same whatever the number of
/// users, the count included. In a store made for many users, what else is compared exactly (names, e-mail, path,
/// type, ids, members) costs what its matches cost, and so does their count. The other orders, a search, attributes
/// and pages far behind read all that the rest of the filter leaves; for attributes every document is read, too,
/// since databases disagree about JSON.
#[async_trait]
pub trait ListStore: Debug + Send + Sync + 'static {
    /// One page of users.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails; a row that cannot be decoded is
    /// [`Corrupt`](super::StoreErrorKind::Corrupt), never left out.
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError>;

    /// One page of groups.
    ///
    /// # Errors
    /// As [`ListStore::list_users`].
    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError>;
}

/// What each row of a page counts towards [`UserListQuery::max_bytes`] besides its text and JSON, in bytes. A user, a
/// group, a member and a membership are one row each.
pub const ROW_BYTES: u64 = 100;

/// Which users, in which order, and which part of them.
#[derive(Debug, Clone, PartialEq)]
pub struct UserListQuery {
    /// Who may be seen.
    pub scope: Scope<UserId>,
    /// Who is looked for.
    pub filter: UserFilter,
    /// First by this, then by that, and by id in the end.
    pub order: Vec<Order<UserColumn>>,
    /// How many to skip.
    pub offset: u64,
    /// The maximum number of rows.
    pub limit: u32,
    /// The maximum size of the users, their memberships and their groups with ancestors, in bytes of text and JSON, and
    /// [`ROW_BYTES`] for each row; see [`UserPage::too_large`].
    pub max_bytes: u64,
}

/// What a user must be like: all of it holds at once. What is `None`, or empty, asks for nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserFilter {
    /// Exactly this user name, byte for byte.
    pub username: Option<String>,
    /// Exactly this e-mail address, byte for byte.
    pub email: Option<String>,
    /// Exactly this display name, byte for byte.
    pub name: Option<String>,
    /// This identifier.
    pub uuid: Option<Uuid>,
    /// Active or not.
    pub is_active: Option<bool>,
    /// Superusers, or everybody else.
    pub is_superuser: Option<SuperuserFilter>,
    /// Exactly this path.
    pub path: Option<String>,
    /// A path that begins so.
    pub path_prefix: Option<String>,
    /// One of these types.
    pub types: BTreeSet<UserType>,
    /// A direct member of one of these groups.
    pub groups: BTreeSet<GroupId>,
    /// A direct member of one of the groups with these names.
    pub group_names: BTreeSet<String>,
    /// Attributes that [contain](crate::json::json_contains) all of this.
    pub attributes: Option<JsonObject>,
    /// Each of these words stands somewhere in the user name, the name, the e-mail address or the UUID as lower-case
    /// text with hyphens; ASCII letters of either case are the same, others are not.
    pub search: Vec<String>,
}

/// Selects users by superuser status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuperuserFilter {
    /// Superusers if `true`, everybody else if `false`.
    pub is_superuser: bool,
    /// Whether an ancestor counts, as [`GroupGraph::grants_superuser`] evaluates it. The recorded release looks at the
    /// direct groups alone.
    pub inherited: bool,
}

/// What users can be ordered by.
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
    /// `last_login`; users who never logged in come last when ascending, first when descending.
    LastLogin,
    /// `path`
    Path,
    /// `type`
    Type,
    /// `uuid`
    Uuid,
    /// `password_change_date`
    PasswordChangeDate,
}

/// A column and a direction. Texts are compared by code point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order<C> {
    /// By this.
    pub column: C,
    /// Largest first.
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

/// Which groups, in which order, and which part of them.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupListQuery {
    /// Which members to read with each group; `None` reads none.
    pub members: Option<Scope<UserId>>,
    /// Which may be seen.
    pub scope: Scope<GroupId>,
    /// Which are looked for.
    pub filter: GroupFilter,
    /// First by this, then by that, and by id in the end.
    pub order: Vec<Order<GroupColumn>>,
    /// How many to skip.
    pub offset: u64,
    /// The maximum number of rows.
    pub limit: u32,
    /// The maximum size of the groups and the members read with them, in bytes of text and JSON, and [`ROW_BYTES`] for
    /// each row; see [`GroupPage::too_large`].
    pub max_bytes: u64,
}

/// What a group must be like: all of it holds at once. What is `None`, or empty, asks for nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupFilter {
    /// This group.
    pub id: Option<GroupId>,
    /// Exactly this name.
    pub name: Option<String>,
    /// Whether it has the flag itself.
    pub is_superuser: Option<bool>,
    /// One of these users is a direct member.
    pub members: BTreeSet<UserId>,
    /// One of the users with these names is a direct member.
    pub member_names: BTreeSet<String>,
    /// Attributes that [contain](crate::json::json_contains) all of this.
    pub attributes: Option<JsonObject>,
    /// Each of these words stands somewhere in the name; ASCII letters of either case are the same, others are not.
    pub search: Vec<String>,
}

/// What groups can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupColumn {
    /// `pk`
    Id,
    /// `name`
    Name,
    /// `is_superuser`
    IsSuperuser,
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

/// A group as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupEntry {
    /// The group.
    pub group: Group,
    /// The name of its parent.
    pub parent_name: Option<String>,
    /// The direct members that [`GroupListQuery::members`] asks for, by ascending id. Their other memberships are not
    /// read, so their `groups` are empty.
    pub members: Vec<User>,
}
