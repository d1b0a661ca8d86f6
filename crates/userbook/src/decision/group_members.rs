//! The members that a group write adds and removes.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{Context, event::event, safeguard::Standing};
use crate::{
    event::{Diff, Effect, EventGroup, EventKind, EventTarget, FieldDiff},
    field::{FieldErrors, Members},
    model::{ANONYMOUS_USERNAME, ChangeId, GroupId, UserId},
    policy::Policy,
    store::{MemberChange, MemberState, Scope, Superusers},
    update::UsersOp,
    violation::{GroupField, ViolationKind, Violations},
};

/// A change of a group's members.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum MembersOp {
    /// Keeps every member.
    #[default]
    Keep,
    /// Makes these users the only members. Members that the actor may not view stay.
    Replace(Members),
    /// Removes every member, for a group that is deleted.
    RemoveAll,
    /// Adds some users and removes others.
    Change {
        /// Users to add.
        join: BTreeSet<UserId>,
        /// Users to remove.
        leave: BTreeSet<UserId>,
    },
}

impl From<&UsersOp> for MembersOp {
    fn from(op: &UsersOp) -> Self {
        match op {
            UsersOp::Replace(users) => Self::Replace(users.clone()),
            UsersOp::Change { join, leave } => Self::Change { join: join.clone(), leave: leave.clone() },
        }
    }
}

impl MembersOp {
    /// Returns every named user.
    pub(crate) fn named(&self) -> BTreeSet<UserId> {
        match self {
            Self::Keep | Self::RemoveAll => BTreeSet::new(),
            Self::Replace(users) => users.ids().clone(),
            Self::Change { join, leave } => join.union(leave).copied().collect(),
        }
    }

    /// Returns whether all current members matter.
    pub(crate) fn replaces(&self) -> bool {
        matches!(self, Self::Replace(_) | Self::RemoveAll)
    }
}

/// The added and removed members.
#[derive(Debug)]
pub(crate) struct MemberProposal<'a> {
    joining: BTreeMap<UserId, &'a MemberState>,
    leaving: BTreeMap<UserId, &'a MemberState>,
    /// The violation of the first named user that is malformed, does not exist, or is hidden.
    fault: Option<FieldErrors>,
    /// The number of users that the load returned or the request names.
    concerned: usize,
    /// One change id per member, created for this attempt.
    ids: Vec<ChangeId>,
}

impl<'a> MemberProposal<'a> {
    /// `users` are the loaded members and named users, `visible` the users that the actor may view. `next_id` creates a
    /// change id for each change.
    pub(crate) fn new(
        group: GroupId,
        op: &MembersOp,
        users: &'a BTreeMap<UserId, MemberState>,
        visible: &Scope<UserId>,
        mut next_id: impl FnMut() -> ChangeId,
    ) -> Self {
        let is_member = |state: &MemberState| state.groups.contains(&group);
        let members = || users.iter().filter(|(_, state)| is_member(state)).map(|(id, _)| *id);
        let is_shown = |id: &UserId| users.get(id).is_some_and(|state| is_visible(*id, state, visible));
        let (join, leave): (BTreeSet<UserId>, BTreeSet<UserId>) = match op {
            MembersOp::Keep => (BTreeSet::new(), BTreeSet::new()),
            MembersOp::RemoveAll => (BTreeSet::new(), members().collect()),
            MembersOp::Replace(wanted) => {
                let leaves = |id: &UserId| !wanted.ids().contains(id) && is_shown(id);
                (wanted.ids().clone(), members().filter(leaves).collect())
            }
            MembersOp::Change { join, leave } => {
                (join.clone(), leave.iter().copied().filter(is_shown).collect())
            }
        };
        // The anonymous user does not exist for requests unless it is a member, and users that the actor may not view
        // do not exist.
        let exists = |id: UserId| {
            let is_named = |state: &MemberState| {
                is_visible(id, state, visible) && (is_member(state) || state.username != ANONYMOUS_USERNAME)
            };
            users.get(&id).is_some_and(is_named)
        };
        let fault = match op {
            MembersOp::Keep | MembersOp::RemoveAll => None,
            MembersOp::Replace(wanted) => wanted.first_fault(exists),
            MembersOp::Change { join, .. } => join.iter().copied().collect::<Members>().first_fault(exists),
        };
        let of = |ids: &BTreeSet<UserId>, member: bool| -> BTreeMap<UserId, &'a MemberState> {
            let known = ids.iter().filter_map(|id| Some((*id, users.get(id)?)));
            known.filter(|(_, state)| is_member(state) == member).collect()
        };
        let (joining, leaving) = (of(&join, false), of(&leave, true));
        let ids = joining.iter().chain(&leaving).map(|_| next_id()).collect();
        Self { fault, concerned: users.len().max(op.named().len()), joining, leaving, ids }
    }

    /// Returns the added and removed members for the event of the group.
    pub(super) fn diff(&self) -> Option<FieldDiff> {
        let ids = |users: &BTreeMap<UserId, &MemberState>| users.keys().copied().collect();
        (self.gives() || self.takes())
            .then(|| FieldDiff::Members { added: ids(&self.joining), removed: ids(&self.leaving) })
    }

    pub(super) fn gives(&self) -> bool {
        !self.joining.is_empty()
    }

    pub(super) fn takes(&self) -> bool {
        !self.leaving.is_empty()
    }

    pub(super) fn leaving(&self) -> BTreeSet<UserId> {
        self.leaving.keys().copied().collect()
    }

    pub(super) fn concerns(&self, user: UserId) -> bool {
        self.joining.contains_key(&user) || self.leaving.contains_key(&user)
    }

    /// Returns the superusers among the joining users, if the group grants.
    pub(super) fn joining_superusers(&self) -> Superusers {
        let standing = |it: &&MemberState| Standing::of_parts(&it.username, it.is_active, it.user_type, true);
        let each = self.joining.values().map(|it| standing(it).as_superusers());
        each.fold(Superusers::default(), Superusers::with)
    }

    pub(super) fn check(&self, policy: &Policy, violations: &mut Violations<GroupField>) {
        if let Some(kind) = ViolationKind::too_many_members(self.concerned, policy.limits()) {
            violations.push(GroupField::Users, kind);
        } else {
            for kind in self.fault.iter().flatten() {
                violations.push(GroupField::Users, kind.clone());
            }
        }
    }

    /// Returns one change and event per member. `before` and `after` state whether groups grant superuser status.
    pub(super) fn changes(
        &self,
        context: &Context<'_>,
        (group, name): (GroupId, &str),
        before: impl Fn(&BTreeSet<GroupId>) -> bool,
        after: impl Fn(&BTreeSet<GroupId>) -> bool,
    ) -> Vec<MemberChange> {
        let joining = self.joining.iter().map(|(id, state)| (*id, *state, true));
        let leaving = self.leaving.iter().map(|(id, state)| (*id, *state, false));
        let change = |((user, state, joins), change): ((UserId, &MemberState, bool), &ChangeId)| {
            let entry = || vec![EventGroup { id: group, name: name.to_owned() }];
            let (added, removed) = if joins { (entry(), Vec::new()) } else { (Vec::new(), entry()) };
            let diff = Diff::from([(Cow::Borrowed("groups"), FieldDiff::Groups { added, removed })]);
            let mut groups = state.groups.clone();
            if joins {
                groups.insert(group)
            } else {
                groups.remove(&group)
            };
            let ends = state.is_active && before(&state.groups) != after(&groups);
            let effects = ends.then_some(Effect::RevokeSessions).into_iter().collect();
            let context = Context { change: *change, ..*context };
            let (target, version) = (EventTarget::User(user), state.version + 1);
            let event = event(&context, EventKind::UserUpdated, target, state.uuid, version, &diff, effects);
            MemberChange {
                user,
                expected: state.revision,
                change: *change,
                version,
                joins,
                event: event.into(),
            }
        };
        joining.chain(leaving).zip(&self.ids).map(change).collect()
    }
}

/// Returns whether the actor may view the user.
fn is_visible(id: UserId, state: &MemberState, visible: &Scope<UserId>) -> bool {
    visible.contains(id, &state.path, &state.groups)
}

/// Returns the members among the loaded users as lists show them: those that the actor may view, without the anonymous
/// user.
pub(crate) fn shown_members(
    group: GroupId,
    users: &BTreeMap<UserId, MemberState>,
    visible: &Scope<UserId>,
) -> BTreeSet<UserId> {
    let is_shown = |(id, state): &(&UserId, &MemberState)| {
        state.groups.contains(&group)
            && state.username != ANONYMOUS_USERNAME
            && is_visible(**id, state, visible)
    };
    users.iter().filter(is_shown).map(|(id, _)| *id).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{Revision, UserType};

    #[test]
    fn hidden_members_the_anonymous_user_and_other_users_are_not_shown() {
        let group = GroupId(Uuid::from_u128(1));
        let state = |username: &str, groups: &[GroupId]| MemberState {
            uuid: uuid::Uuid::nil(),
            username: username.to_owned(),
            is_active: true,
            user_type: UserType::Internal,
            path: String::new(),
            groups: groups.iter().copied().collect(),
            revision: Revision(Uuid::nil()),
            version: 1,
        };
        let users = BTreeMap::from([
            (UserId(1), state("ada", &[group])),
            (UserId(2), state("hidden", &[group])),
            (UserId(3), state(ANONYMOUS_USERNAME, &[group])),
            (UserId(4), state("other", &[])),
        ]);
        let visible = Scope::Only([1, 3, 4].map(UserId).into());
        assert_eq!(shown_members(group, &users, &visible), [UserId(1)].into());
        assert_eq!(shown_members(group, &users, &Scope::Everything), [UserId(1), UserId(2)].into());
    }
}
