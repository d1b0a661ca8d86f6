//! Checks whether an actor may view and change a user.

use super::{
    Conditions, Rejection,
    checks::{require, require_active_actor},
};
use crate::{
    authz::{Actor, Check, CheckResults, Verdict},
    decision::Denial,
    model::{ANONYMOUS_USERNAME, User},
    policy::Policy,
    store::Snapshot,
    view::Visibility,
};

/// Returns the target, unless it does not exist or is the anonymous user, which is never shown.
pub(crate) fn visible_user(snapshot: &Snapshot) -> Option<&User> {
    snapshot.user.as_ref().filter(|user| user.username != ANONYMOUS_USERNAME)
}

/// Requires that the actor may view the target, and returns the target. An actor who may view users learns that the
/// target does not exist; any other actor gets the same denial for existing and missing targets.
///
/// # Errors
/// [`Rejection::Hidden`] or [`Rejection::Forbidden`].
pub(crate) fn check_view<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
) -> Result<&'a User, Rejection> {
    require_active_actor(actor, snapshot.actor.as_ref()).map_err(Rejection::Forbidden)?;
    match (results.on(Check::View), visible_user(snapshot)) {
        (Verdict::Allow, Some(user)) => Ok(user),
        (Verdict::Allow, None) | (Verdict::Hide, _) => Err(Rejection::Hidden),
        (Verdict::Deny(reason), _) => Err(Rejection::Forbidden(Denial::Permission(reason.clone()))),
    }
}

/// The same for a change of one membership: a target that the actor may not see is hidden, as recorded, because the
/// actor's right to the group is established already.
///
/// # Errors
/// [`Rejection::Hidden`], or [`Rejection::Forbidden`] for an actor who is not active.
pub(crate) fn check_member_view<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
) -> Result<&'a User, Rejection> {
    check_view(snapshot, actor, results).map_err(|rejection| match rejection {
        Rejection::Forbidden(Denial::Permission(_)) => Rejection::Hidden,
        other => other,
    })
}

/// Requires that the actor may view and change the target, independently of the request.
///
/// # Errors
/// [`Rejection::Hidden`] or [`Rejection::Forbidden`].
pub(crate) fn check_rights<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
) -> Result<&'a User, Rejection> {
    let user = check_view(snapshot, actor, results)?;
    require(results, Check::Change)?;
    Ok(user)
}

/// Requires the rights, and that the target meets the preconditions. Uses no value of the request: call it before the
/// body is read, and after the service knows which groups the actor may view.
///
/// # Errors
/// [`Rejection::Hidden`], [`Rejection::Forbidden`] or [`Rejection::Condition`].
pub(crate) fn check_access<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    results: &CheckResults,
    policy: &Policy,
    conditions: &Conditions,
) -> Result<&'a User, Rejection> {
    let user = check_rights(snapshot, actor, results)?;
    if conditions.hold(user, &snapshot.groups, Visibility::new(policy, results)) {
        Ok(user)
    } else {
        Err(Rejection::Condition)
    }
}
