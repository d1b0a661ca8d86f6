//! Decides to end the sessions of a user.

use std::collections::BTreeSet;

use super::{
    Conditions, Context, Rejection,
    access::check_access,
    checks::require,
    event::event,
    safeguard::{UserChange, check_protected},
};
use crate::{
    authz::Check,
    event::{Diff, Effect, EventKind, EventTarget},
    policy::Safeguard,
    store::{ChangeSet, EpochGuard, FieldChanges, Guards, Snapshot},
    view::{UserView, Visibility},
    violation::Field,
};

/// Decides. Returns the change, and the user as the caller sees it. The right to deactivate the user includes the right
/// to end the user's sessions.
pub(crate) fn end_sessions(
    snapshot: &Snapshot,
    conditions: &Conditions,
    context: &Context<'_>,
) -> Result<(ChangeSet, UserView), Rejection> {
    let Context { actor, results, policy, .. } = *context;
    let user = check_access(snapshot, actor, results, policy, conditions)?;
    require(results, Check::Set(Field::IsActive))?;
    let joined = BTreeSet::new();
    let change = UserChange {
        before: user,
        after: Some(user),
        joined: &joined,
        graph: &snapshot.groups,
        actor,
        actor_state: snapshot.actor.as_ref(),
    };
    check_protected(&change, [Field::IsActive].into_iter(), policy, results).map_err(Rejection::Forbidden)?;
    // "The user is not privileged" or "the actor is a superuser" must still hold.
    let protects = policy.has(Safeguard::ProtectPrivileged) && !change.is_self();
    let guards = Guards {
        graph: protects.then_some(EpochGuard::read(snapshot.epochs.graph)),
        actor: change.actor_guard().filter(|_| protects),
        ..Guards::default()
    };
    let version = user.version + 1;
    let (target, effects) = (EventTarget::User(user.id), vec![Effect::RevokeSessions]);
    let event = event(context, EventKind::UserUpdated, target, user.uuid, version, &Diff::new(), effects);
    let change = ChangeSet {
        user: user.id,
        expected: user.revision,
        change: context.change,
        version,
        fields: FieldChanges::default(),
        groups_added: BTreeSet::new(),
        groups_removed: BTreeSet::new(),
        guards,
        event: event.into(),
    };
    let mut after = user.clone();
    change.apply_to(&mut after);
    Ok((change, UserView::new(after, &snapshot.groups, Visibility::new(policy, results))))
}
