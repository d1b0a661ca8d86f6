//! The members that a group write adds and removes.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{Context, event::event, safeguard::Standing};
use crate::{
    event::{Diff, Effect, EventGroup, EventKind, EventTarget, FieldDiff},
    model::{ChangeId, GroupId, UserId},
    policy::Policy,
    store::{MemberChange, MemberState, Superusers},
    violation::{GroupField, ViolationKind, Violations},
};

/// A change of a group's members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum MembersOp {
    /// Keeps every member.
    #[default]
    Keep,
    /// Makes these users the only members. A deleted group keeps no member.
    Replace(BTreeSet<UserId>),
    /// Adds some users and removes others.
    Change {
        /// Users to add.
        join: BTreeSet<UserId>,
        /// Users to remove.
        leave: BTreeSet<UserId>,
    },
}

impl MembersOp {
    /// Returns every named user.
    pub(crate) fn named(&self) -> BTreeSet<UserId> {
        match self {
            Self::Keep => BTreeSet::new(),
            Self::Replace(users) => users.clone(),
            Self::Change { join, leave } => join.union(leave).copied().collect(),
        }
    }

    /// Returns whether all current members matter.
    pub(crate) fn replaces(&self) -> bool {
        matches!(self, Self::Replace(_))
    }
}

/// The added and removed members.
#[derive(Debug)]
pub(crate) struct MemberProposal<'a> {
    joining: BTreeMap<UserId, &'a MemberState>,
    leaving: BTreeMap<UserId, &'a MemberState>,
    /// The first named user that does not exist.
    unknown: Option<UserId>,
    /// The number of users that the load returned or the request names.
    concerned: usize,
    /// One change id per member, created for this attempt.
    ids: Vec<ChangeId>,
}

impl<'a> MemberProposal<'a> {
    /// `users` are the loaded members and named users. `next_id` creates a change id for each change.
    pub(crate) fn new(
        group: GroupId,
        op: &MembersOp,
        users: &'a BTreeMap<UserId, MemberState>,
        mut next_id: impl FnMut() -> ChangeId,
    ) -> Self {
        let is_member = |state: &MemberState| state.groups.contains(&group);
        let (join, leave): (BTreeSet<UserId>, BTreeSet<UserId>) = match op {
            MembersOp::Keep => (BTreeSet::new(), BTreeSet::new()),
            MembersOp::Replace(wanted) => {
                let members = users.iter().filter(|(_, state)| is_member(state)).map(|(id, _)| *id);
                (wanted.clone(), members.filter(|id| !wanted.contains(id)).collect())
            }
            MembersOp::Change { join, leave } => (join.clone(), leave.clone()),
        };
        let of = |ids: &BTreeSet<UserId>, member: bool| -> BTreeMap<UserId, &'a MemberState> {
            let known = ids.iter().filter_map(|id| Some((*id, users.get(id)?)));
            known.filter(|(_, state)| is_member(state) == member).collect()
        };
        let (joining, leaving) = (of(&join, false), of(&leave, true));
        let ids = joining.iter().chain(&leaving).map(|_| next_id()).collect();
        Self {
            unknown: join.iter().find(|id| !users.contains_key(id)).copied(),
            concerned: users.len().max(op.named().len()),
            joining,
            leaving,
            ids,
        }
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
        let limit = policy.limits().members_altered;
        if self.concerned > limit {
            let count = self.concerned;
            violations.push(GroupField::Users, ViolationKind::TooManyMembers { limit, count });
        } else if let Some(user) = self.unknown {
            violations.push(GroupField::Users, ViolationKind::DoesNotExist { pk: user.to_string() });
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
            let event = event(&context, EventKind::UserUpdated, target, version, &diff, effects);
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
