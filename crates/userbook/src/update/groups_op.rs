//! Changes of a user's groups.

use std::{borrow::Cow, collections::BTreeSet};

use super::{FieldOps, Op};
use crate::{
    field::{FieldErrors, Memberships},
    model::GroupId,
    violation::ViolationKind,
};

/// A change of a user's groups.
///
/// Exhaustive: `decide` handles every operation.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupsOp {
    /// Replaces all groups.
    Replace(Memberships),
    /// Adds and removes groups; other memberships stay as they are at the time of the write.
    Change {
        /// Groups to join.
        join: BTreeSet<GroupId>,
        /// Groups to leave; disjoint from the groups to join.
        leave: BTreeSet<GroupId>,
    },
}

impl GroupsOp {
    /// Returns every named group; the decision must know whether it exists.
    pub(crate) fn named(&self) -> Cow<'_, BTreeSet<GroupId>> {
        match self {
            Self::Replace(wanted) => Cow::Borrowed(wanted.ids()),
            Self::Change { join, leave } => Cow::Owned(join.union(leave).copied().collect()),
        }
    }

    /// Returns the user's groups after the change, given the groups `before`, existing or not.
    pub(crate) fn applied(&self, before: &BTreeSet<GroupId>) -> Cow<'_, BTreeSet<GroupId>> {
        match self {
            Self::Replace(_) => self.named(),
            Self::Change { join, leave } => {
                Cow::Owned(before.union(join).filter(|id| !leave.contains(id)).copied().collect())
            }
        }
    }

    /// Returns the first group for which `exists` is false, or another violation of a list.
    pub(crate) fn first_fault(&self, exists: impl Fn(GroupId) -> bool) -> Option<FieldErrors> {
        match self {
            Self::Replace(wanted) => wanted.first_fault(exists),
            Self::Change { .. } => {
                let unknown = self.named().iter().copied().find(|id| !exists(*id))?;
                Some(ViolationKind::DoesNotExist { pk: unknown.to_string() }.into())
            }
        }
    }
}

impl Op<GroupsOp> {
    /// Adds a group to the groups to join or leave.
    pub(super) fn step(&mut self, group: GroupId, joins: bool) {
        let (mut join, mut leave) = match std::mem::take(self) {
            Self::Set(GroupsOp::Change { join, leave }) => (join, leave),
            _ => (BTreeSet::new(), BTreeSet::new()),
        };
        let (to, from) = if joins { (&mut join, &mut leave) } else { (&mut leave, &mut join) };
        from.remove(&group);
        to.insert(group);
        *self = Self::Set(GroupsOp::Change { join, leave });
    }
}

impl FieldOps {
    /// Returns the requested groups of a user with the groups `before`, existing or not; `None` keeps them.
    pub(crate) fn groups_after<'a>(
        &'a self,
        before: &'a BTreeSet<GroupId>,
    ) -> Option<Cow<'a, BTreeSet<GroupId>>> {
        match self.groups.value() {
            Some(wanted) => Some(wanted.applied(before)),
            None => self.clears_groups().then(Cow::default),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::update::UserUpdate;

    fn ids(numbers: &[u128]) -> BTreeSet<GroupId> {
        numbers.iter().map(|number| GroupId(Uuid::from_u128(*number))).collect()
    }

    fn groups(update: &UserUpdate) -> &GroupsOp {
        update.fields().and_then(|fields| fields.groups.value()).unwrap()
    }

    #[test]
    fn steps_add_up_and_the_last_word_on_a_group_counts() {
        let id = |number| GroupId(Uuid::from_u128(number));
        let update = UserUpdate::patch().groups([id(9)]);
        let update = update.join_group(id(1)).leave_group(id(2)).join_group(id(3)).leave_group(id(1));
        assert_eq!(groups(&update), &GroupsOp::Change { join: ids(&[3]), leave: ids(&[1, 2]) });
        assert_eq!(groups(&update).applied(&ids(&[1, 4])).into_owned(), ids(&[3, 4]));
        assert_eq!(groups(&update).named().into_owned(), ids(&[1, 2, 3]));
        let replaced = update.groups([id(7)]);
        assert_eq!(groups(&replaced).applied(&ids(&[1, 4])).into_owned(), ids(&[7]));
    }
}
