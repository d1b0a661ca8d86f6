//! Decides the deletion of a user.

use std::collections::BTreeSet;

use super::{
    Conditions, Context, Rejection,
    access::check_view,
    checks::require,
    diff::{full_diff, visible_diff},
    event::event,
    guards::deletion_guards,
    safeguard::{UserChange, check_deletion, check_user_demotion, lockouts},
};
use crate::{
    authz::{Actor, Check, CheckResults},
    event::{Diff, Effect, EventKind, EventTarget},
    model::User,
    policy::Policy,
    store::{ProvisioningChange, ProvisioningOp, Snapshot},
    view::{UserView, Visibility},
};

/// Requires that the actor may view and delete the target.
pub(crate) fn check_deletion_rights<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
) -> Result<&'a User, Rejection> {
    let user = check_view(snapshot, actor, results)?;
    require(results, Check::DeleteUser)?;
    Ok(user)
}

/// Requires the rights, and that the target meets the preconditions.
pub(crate) fn check_deletion_access<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
    policy: &Policy,
    conditions: &Conditions,
) -> Result<&'a User, Rejection> {
    let user = check_deletion_rights(snapshot, actor, results)?;
    let holds = conditions.hold(user, &snapshot.groups, Visibility::new(policy, results));
    if holds { Ok(user) } else { Err(Rejection::Condition) }
}

/// Returns whether the decision needs to know the other superusers.
pub(crate) fn deletion_needs_superusers(user: &User, snapshot: &Snapshot) -> bool {
    use super::safeguard::Standing;
    snapshot.other_superusers.is_none() && Standing::of(user, &snapshot.groups) != Standing::None
}

/// Decides the deletion. Returns the change, the user as the caller sees it, and the difference.
pub(crate) fn delete(
    snapshot: &Snapshot,
    conditions: &Conditions,
    context: &Context<'_>,
) -> Result<(ProvisioningChange, UserView, Diff), Rejection> {
    let Context { actor, results, policy, .. } = *context;
    let user = check_deletion_access(snapshot, actor, results, policy, conditions)?;
    let joined = BTreeSet::new();
    let graph = &snapshot.groups;
    let change = UserChange {
        before: user,
        after: None,
        joined: &joined,
        graph,
        actor,
        actor_state: snapshot.actor.as_ref(),
    };
    check_user_demotion(&change, policy, results).map_err(Rejection::Forbidden)?;
    check_deletion(&change, policy, results).map_err(Rejection::Forbidden)?;
    let violations = lockouts(&change, snapshot.other_superusers, context);
    if !violations.is_empty() {
        return Err(Rejection::Invalid(violations));
    }
    let diff = full_diff(&UserView::new(user.clone(), graph, Visibility::everything()), false);
    let visible = Visibility::new(policy, results);
    let event = event(
        context,
        EventKind::UserDeleted,
        EventTarget::User(user.id),
        user.uuid,
        user.version + 1,
        &diff,
        vec![Effect::RevokeSessions],
    );
    let change = ProvisioningChange {
        op: ProvisioningOp::DeleteUser { user: user.id, expected: user.revision },
        has_reserved_id: false,
        members: Vec::new(),
        sets_external_ids: false,
        guards: deletion_guards(&change, snapshot.epochs),
        event: event.into(),
    };
    Ok((change, UserView::new(user.clone(), graph, visible), visible_diff(diff, visible)))
}
