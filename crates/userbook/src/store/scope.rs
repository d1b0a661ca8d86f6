//! The rows that a caller may view.

use std::{collections::BTreeSet, fmt::Debug};

use crate::model::{GroupId, User, UserId, is_at_or_below};

/// The rows of a list that a caller may view.
///
/// Exhaustive: a store that skips an unknown scope shows too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<I: Scoped> {
    /// All rows.
    Everything,
    /// These rows, if they exist: a [`UserSet`] or a set of group ids.
    Only(I::Set),
    /// No row, and the caller is denied.
    Nothing,
}

/// A key of rows that a [`Scope`] can select: [`UserId`] or [`GroupId`].
pub trait Scoped: Debug + Copy + Eq {
    /// How a scope names some rows.
    type Set: Debug + Clone + PartialEq + Eq + Send + Sync + FromIterator<Self>;

    /// Returns whether the set selects no row.
    fn is_empty(set: &Self::Set) -> bool;
}

impl Scoped for GroupId {
    type Set = BTreeSet<Self>;

    fn is_empty(set: &Self::Set) -> bool {
        set.is_empty()
    }
}

impl Scoped for UserId {
    type Set = UserSet;

    fn is_empty(set: &Self::Set) -> bool {
        set.is_empty()
    }
}

/// Users by id, by path, or by group. A user who matches one of the lists belongs to the set.
///
/// ```
/// use userbook::{User, UserId, store::{Scope, UserSet}};
///
/// let scope = Scope::<UserId>::Only(UserSet::default().path("staff/eu").user(UserId(7)));
/// let at = |path: &str| User { id: UserId(1), path: path.into(), ..User::example() };
/// assert!(scope.contains_user(&at("staff/eu")) && scope.contains_user(&at("staff/eu/berlin")));
/// assert!(!scope.contains_user(&at("staff/europe")) && !scope.contains_user(&at("staff")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserSet {
    /// The users with these ids.
    pub ids: BTreeSet<UserId>,
    /// The users whose path is one of these or below one of these, by whole segments. The empty path has no
    /// descendants.
    pub paths: BTreeSet<String>,
    /// The direct members of these groups.
    pub groups: BTreeSet<GroupId>,
}

impl UserSet {
    /// Adds the user with this id.
    #[must_use]
    pub fn user(mut self, id: UserId) -> Self {
        self.ids.insert(id);
        self
    }

    /// Adds the users at this path and below.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.insert(path.into());
        self
    }

    /// Adds the direct members of this group.
    #[must_use]
    pub fn members_of(mut self, group: GroupId) -> Self {
        self.groups.insert(group);
        self
    }

    /// Returns whether the set selects no user.
    pub fn is_empty(&self) -> bool {
        self.is_by_id() && self.ids.is_empty()
    }

    /// Returns whether the set names users by id only.
    pub fn is_by_id(&self) -> bool {
        self.paths.is_empty() && self.groups.is_empty()
    }

    /// Returns whether a user with these values belongs to the set.
    pub fn contains(&self, id: UserId, path: &str, groups: &BTreeSet<GroupId>) -> bool {
        self.ids.contains(&id)
            || !self.groups.is_disjoint(groups)
            || self.paths.iter().any(|ancestor| is_at_or_below(path, ancestor))
    }
}

impl FromIterator<UserId> for UserSet {
    fn from_iter<T: IntoIterator<Item = UserId>>(ids: T) -> Self {
        Self { ids: ids.into_iter().collect(), ..Self::default() }
    }
}

impl From<BTreeSet<UserId>> for UserSet {
    fn from(ids: BTreeSet<UserId>) -> Self {
        Self { ids, ..Self::default() }
    }
}

impl<const N: usize> From<[UserId; N]> for UserSet {
    fn from(ids: [UserId; N]) -> Self {
        Self::from_iter(ids)
    }
}

impl Scope<GroupId> {
    /// Returns whether the group with this id is visible.
    pub fn contains(&self, id: &GroupId) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(some) => some.contains(id),
            Self::Nothing => false,
        }
    }
}

impl Scope<UserId> {
    /// Returns whether a user with these values is visible.
    pub fn contains(&self, id: UserId, path: &str, groups: &BTreeSet<GroupId>) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(some) => some.contains(id, path, groups),
            Self::Nothing => false,
        }
    }

    /// Returns whether the user is visible.
    pub fn contains_user(&self, user: &User) -> bool {
        self.contains(user.id, &user.path, &user.groups)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn sets_unite_ids_paths_and_groups() {
        let group = |n| GroupId(Uuid::from_u128(n));
        let set = UserSet::default().user(UserId(7)).path("staff/eu").path("").members_of(group(1));
        for (id, path, groups, expected) in [
            (7, "users", vec![], true),
            (8, "users", vec![], false),
            (8, "staff/eu", vec![], true),
            (8, "staff/eu/berlin", vec![], true),
            (8, "staff/europe", vec![], false),
            (8, "staff", vec![], false),
            (8, "", vec![], true),
            (8, "/users", vec![], false),
            (8, "users", vec![group(1), group(2)], true),
            (8, "users", vec![group(2)], false),
        ] {
            let groups = groups.into_iter().collect();
            assert_eq!(set.contains(UserId(id), path, &groups), expected, "{id} {path} {groups:?}");
            assert!(Scope::<UserId>::Everything.contains(UserId(id), path, &groups));
            assert!(!Scope::<UserId>::Nothing.contains(UserId(id), path, &groups));
        }
        assert!(UserSet::default().is_empty() && !set.is_empty() && !set.is_by_id());
        assert!(UserSet::from([UserId(1)]).is_by_id() && !UserSet::from([UserId(1)]).is_empty());
    }
}
