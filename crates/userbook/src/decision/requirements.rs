//! Which optional facts to load: derived from the resolved request and the user it meets.

use std::collections::BTreeSet;

use super::safeguard::Standing;
use crate::{
    limits::Limits,
    model::{GroupId, User},
    store::{Snapshot, SnapshotQuery},
    update::{FieldOps, GroupsOp},
};

/// The facts beyond target, actor and counters that a decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LoadRequirements {
    /// The new username.
    pub(crate) username: Option<String>,
    /// The groups that the request names and the snapshot may not have.
    pub(crate) groups: BTreeSet<GroupId>,
    /// Which other superusers can act: only where this user stops being one that counts.
    pub(crate) other_superusers: bool,
}

impl LoadRequirements {
    /// The requirements of a new user: everything the request names.
    pub(crate) fn of_new_user(ops: &FieldOps, limits: &Limits) -> Self {
        Self {
            username: ops.username.value().map(|username| username.as_str().to_owned()),
            groups: named(ops, &BTreeSet::new(), limits),
            other_superusers: false,
        }
    }

    /// The requirements of an update, given the user as stored.
    pub(crate) fn of_update(user: &User, snapshot: &Snapshot, ops: &FieldOps, limits: &Limits) -> Self {
        // The user's own name is free for the user.
        let username = ops.username.value().filter(|username| username.as_str() != user.username);
        Self {
            username: username.map(|username| username.as_str().to_owned()),
            groups: named(ops, &user.groups, limits),
            other_superusers: may_lose_standing(user, snapshot, ops),
        }
    }

    /// Adds what a later look at the user requires.
    pub(crate) fn extend(&mut self, more: Self) {
        self.username = more.username.or(self.username.take());
        self.groups.extend(more.groups);
        self.other_superusers |= more.other_superusers;
    }

    /// Whether a load that met `loaded` has all of these facts.
    pub(crate) fn is_covered_by(&self, loaded: &Self) -> bool {
        (self.username.is_none() || self.username == loaded.username)
            && self.groups.is_subset(&loaded.groups)
            && (loaded.other_superusers || !self.other_superusers)
    }

    /// Asks for these facts.
    pub(crate) fn apply(&self, query: &mut SnapshotQuery) {
        query.username.clone_from(&self.username);
        query.groups.clone_from(&self.groups);
        query.other_superusers = self.other_superusers;
    }
}

/// The groups that the request names beyond those of the user. More than the limit are rejected without a look.
fn named(ops: &FieldOps, before: &BTreeSet<GroupId>, limits: &Limits) -> BTreeSet<GroupId> {
    let Some(named) = ops.groups.value().map(GroupsOp::named) else { return BTreeSet::new() };
    let new: BTreeSet<GroupId> = named.difference(before).copied().collect();
    if new.len() > limits.groups_joined { BTreeSet::new() } else { new }
}

/// Whether the user may stop being a superuser that counts. A username that becomes the anonymous user's is invalid
/// anyway, so it does not matter here.
fn may_lose_standing(user: &User, snapshot: &Snapshot, ops: &FieldOps) -> bool {
    let graph = &snapshot.groups;
    let before = Standing::of(user, graph);
    if before == Standing::None {
        return false;
    }
    let groups_after = ops.groups_after(&user.groups);
    let stays = groups_after.is_none_or(|groups| graph.grants_superuser(groups.iter()));
    let after = Standing::of_parts(
        &user.username,
        ops.is_active.value().copied().unwrap_or(user.is_active),
        ops.user_type.value().copied().unwrap_or(user.user_type),
        stays,
    );
    after < before
}
