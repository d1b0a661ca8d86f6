//! The optional facts to load, derived from the resolved request and the user.

use std::collections::BTreeSet;

use super::safeguard::Standing;
use crate::{
    field::EmailAddress,
    limits::Limits,
    model::{GroupId, User},
    policy::Policy,
    store::{Snapshot, SnapshotQuery},
    update::{FieldOps, GroupsOp},
};

/// The facts beyond target, actor and counters that a decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LoadRequirements {
    /// The new username.
    pub(crate) username: Option<String>,
    /// The new username, if it must be distinct.
    pub(crate) login: Option<String>,
    /// The new e-mail address, if it must be distinct.
    pub(crate) email: Option<String>,
    /// The groups of the request that the snapshot may not contain.
    pub(crate) groups: BTreeSet<GroupId>,
    /// Which other superusers can act; only if the user stops being a counted one.
    pub(crate) other_superusers: bool,
}

impl LoadRequirements {
    /// The requirements of a new user: everything the request names.
    pub(crate) fn of_new_user(ops: &FieldOps, policy: &Policy) -> Self {
        let username = ops.username.value().map(|username| username.as_str().to_owned());
        Self {
            login: username.clone().filter(|_| policy.distinct_names().username),
            email: new_email(ops, "", policy),
            username,
            groups: named(ops, &BTreeSet::new(), policy.limits()),
            other_superusers: false,
        }
    }

    /// Returns the requirements of an update of the stored user.
    pub(crate) fn of_update(user: &User, snapshot: &Snapshot, ops: &FieldOps, policy: &Policy) -> Self {
        // The user's own name counts as free.
        let username = ops.username.value().filter(|username| username.as_str() != user.username);
        let username = username.map(|username| username.as_str().to_owned());
        Self {
            login: username.clone().filter(|_| policy.distinct_names().username),
            email: new_email(ops, &user.email, policy),
            username,
            groups: named(ops, &user.groups, policy.limits()),
            other_superusers: may_lose_standing(user, snapshot, ops),
        }
    }

    /// Adds the requirements of a later version of the user.
    pub(crate) fn extend(&mut self, more: Self) {
        self.username = more.username.or(self.username.take());
        self.login = more.login.or(self.login.take());
        self.email = more.email.or(self.email.take());
        self.groups.extend(more.groups);
        self.other_superusers |= more.other_superusers;
    }

    /// Returns whether a load with the requirements `loaded` contains all of these facts.
    pub(crate) fn is_covered_by(&self, loaded: &Self) -> bool {
        let covers = |wanted: &Option<String>, loaded: &Option<String>| wanted.is_none() || wanted == loaded;
        covers(&self.username, &loaded.username)
            && covers(&self.login, &loaded.login)
            && covers(&self.email, &loaded.email)
            && self.groups.is_subset(&loaded.groups)
            && (loaded.other_superusers || !self.other_superusers)
    }

    /// Adds the facts to a query.
    pub(crate) fn apply(&self, query: &mut SnapshotQuery) {
        query.username.clone_from(&self.username);
        query.login.clone_from(&self.login);
        query.email.clone_from(&self.email);
        query.groups.clone_from(&self.groups);
        query.other_superusers = self.other_superusers;
    }
}

/// Returns a new address that must be distinct.
fn new_email(ops: &FieldOps, before: &str, policy: &Policy) -> Option<String> {
    let email =
        ops.email.value().map(EmailAddress::as_str).filter(|email| !email.is_empty() && *email != before);
    email.filter(|_| policy.distinct_names().email).map(str::to_owned)
}

/// Returns the groups of the request that are not the user's. More than the limit are rejected without a load.
fn named(ops: &FieldOps, before: &BTreeSet<GroupId>, limits: &Limits) -> BTreeSet<GroupId> {
    let Some(named) = ops.groups.value().map(GroupsOp::named) else { return BTreeSet::new() };
    let new: BTreeSet<GroupId> = named.difference(before).copied().collect();
    if new.len() > limits.groups_joined { BTreeSet::new() } else { new }
}

/// Returns whether the user may stop being a counted superuser. A change of the username to the anonymous user's is
/// invalid anyway.
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
