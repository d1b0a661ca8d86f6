//! Decides on what takes an account over: a new password, and acting as the user. The host keeps the password; core and
//! stores know only when it changed.

use std::{borrow::Cow, collections::BTreeSet};

use chrono::SubsecRound;

use super::{
    Conditions, Context, Denial, Rejection,
    access::check_view,
    checks::require,
    diff::visible_diff,
    event::event,
    safeguard::{self, UserChange},
};
use crate::{
    authz::{Actor, Check, CheckResults},
    event::{Diff, Effect, EventKind, EventTarget, FieldDiff},
    model::{User, timestamp_text},
    policy::{Policy, Safeguard},
    store::{ChangeSet, EpochGuard, FieldChanges, Guards, Snapshot},
    view::{UserView, Visibility},
};

/// The name of the column in differences.
const COLUMN: &str = "password_change_date";

/// Returns the checks, which depend on nothing but the operation.
pub(crate) fn password_checks() -> Vec<Check> {
    vec![Check::View, Check::SetPassword]
}

/// Requires that the actor may view the target and set its password.
pub(crate) fn check_password_rights<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
) -> Result<&'a User, Rejection> {
    let user = check_view(snapshot, actor, results)?;
    require(results, Check::SetPassword)?;
    Ok(user)
}

/// Requires the rights, the preconditions, and that the safeguards allow the actor to take the account over, because a
/// new password does.
pub(crate) fn check_password_access<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
    policy: &Policy,
    conditions: &Conditions,
) -> Result<&'a User, Rejection> {
    let user = check_password_rights(snapshot, actor, results)?;
    if !conditions.hold(user, &snapshot.groups, Visibility::new(policy, results)) {
        return Err(Rejection::Condition);
    }
    check_takeover(user, snapshot, actor, results, policy, Denial::ProtectedPassword)?;
    Ok(user)
}

/// Requires that the actor may view the user and act as the user.
pub(crate) fn check_impersonation_rights<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
) -> Result<&'a User, Rejection> {
    let user = check_view(snapshot, actor, results)?;
    require(results, Check::Impersonate)?;
    Ok(user)
}

/// Requires the rights, and that the safeguards allow it: an actor who acts as a user has the rights of the user.
pub(crate) fn check_impersonation(
    snapshot: &Snapshot,
    actor: &Actor,
    results: &CheckResults,
    policy: &Policy,
) -> Result<(), Rejection> {
    let user = check_impersonation_rights(snapshot, actor, results)?;
    check_takeover(user, snapshot, actor, results, policy, Denial::ProtectedImpersonation)
}

fn check_takeover(
    user: &User,
    snapshot: &Snapshot,
    actor: &Actor,
    results: &CheckResults,
    policy: &Policy,
    denial: Denial,
) -> Result<(), Rejection> {
    let joined = BTreeSet::new();
    let change = change(user, snapshot, actor, &joined);
    safeguard::check_takeover(&change, policy, results, denial).map_err(Rejection::Forbidden)
}

/// Decides. Returns the change, the user as the caller sees it, and the difference.
pub(crate) fn change_password(
    snapshot: &Snapshot,
    conditions: &Conditions,
    context: &Context<'_>,
) -> Result<(ChangeSet, UserView, Diff), Rejection> {
    let Context { actor, results, policy, .. } = *context;
    let user = check_password_access(snapshot, actor, results, policy, conditions)?;
    let joined = BTreeSet::new();
    let change = change(user, snapshot, actor, &joined);
    // "The target is not privileged" or "the actor is a superuser" must still hold.
    let protects = policy.has(Safeguard::ProtectPrivileged) && !change.is_self();
    let guards = Guards {
        graph: protects.then_some(EpochGuard::read(snapshot.epochs.graph)),
        actor: change.actor_guard().filter(|_| protects),
        ..Guards::default()
    };
    let now = context.now.trunc_subsecs(6);
    let value = |time| serde_json::Value::String(timestamp_text(time)).into();
    let old = value(user.password_change_date);
    let diff = Diff::from([(Cow::Borrowed(COLUMN), FieldDiff::Value { old, new: value(now) })]);
    let version = user.version + 1;
    let target = EventTarget::User(user.id);
    let effects = vec![Effect::RevokeSessions];
    let event = event(context, EventKind::UserUpdated, target, user.uuid, version, &diff, effects);
    let change = ChangeSet {
        user: user.id,
        expected: user.revision,
        change: context.change,
        version,
        fields: FieldChanges { password_change_date: Some(now), ..FieldChanges::default() },
        groups_added: BTreeSet::new(),
        groups_removed: BTreeSet::new(),
        guards,
        event: event.into(),
    };
    let mut after = user.clone();
    change.apply_to(&mut after);
    let visible = Visibility::new(policy, results);
    Ok((change, UserView::new(after, &snapshot.groups, visible), visible_diff(diff, visible)))
}

fn change<'a>(
    user: &'a User,
    snapshot: &'a Snapshot,
    actor: &'a Actor,
    joined: &'a BTreeSet<crate::model::GroupId>,
) -> UserChange<'a> {
    UserChange {
        before: user,
        after: Some(user),
        joined,
        graph: &snapshot.groups,
        actor,
        actor_state: snapshot.actor.as_ref(),
    }
}
