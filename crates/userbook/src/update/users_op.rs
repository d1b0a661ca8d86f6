//! Changes of a group's members.

use std::collections::BTreeSet;

use super::Op;
use crate::{field::Members, model::UserId};

/// A change of a group's members.
///
/// Exhaustive: `decide` handles every operation.
#[derive(Debug, Clone, PartialEq)]
pub enum UsersOp {
    /// Makes these users the only members. Members that the actor may not view stay.
    Replace(Members),
    /// Adds and removes users; other members stay as they are at the time of the write.
    Change {
        /// Users to add.
        join: BTreeSet<UserId>,
        /// Users to remove; disjoint from the users to add.
        leave: BTreeSet<UserId>,
    },
}

impl From<Members> for UsersOp {
    fn from(members: Members) -> Self {
        Self::Replace(members)
    }
}

impl Op<UsersOp> {
    /// Adds a user to the users to add or to remove.
    pub(super) fn step(&mut self, user: UserId, joins: bool) {
        let (mut join, mut leave) = match std::mem::take(self) {
            Self::Set(UsersOp::Change { join, leave }) => (join, leave),
            _ => (BTreeSet::new(), BTreeSet::new()),
        };
        let (to, from) = if joins { (&mut join, &mut leave) } else { (&mut leave, &mut join) };
        from.remove(&user);
        to.insert(user);
        *self = Self::Set(UsersOp::Change { join, leave });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::GroupUpdate;

    #[test]
    fn steps_add_up_and_the_last_word_on_a_user_counts() {
        let update = GroupUpdate::patch().users([UserId(9)]);
        assert_eq!(update.users, Op::Set(UsersOp::Replace([UserId(9)].into())));
        let update =
            update.add_user(UserId(1)).remove_user(UserId(2)).add_user(UserId(3)).remove_user(UserId(1));
        let (join, leave) = ([UserId(3)].into(), [UserId(1), UserId(2)].into());
        assert_eq!(update.users, Op::Set(UsersOp::Change { join, leave }));
    }
}
