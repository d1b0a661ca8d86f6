//! [`Safeguard::ProtectPrivileged`]: only superusers change another superuser, or another user who can grant superuser
//! status. Changing an e-mail address suffices to take an account over.

use super::{UserChange, may_grant};
use crate::{
    authz::CheckResults,
    decision::Denial,
    policy::{Policy, Safeguard},
    violation::Field,
};

/// Returns whether the safeguard applies: to another user, and an actor who is not a superuser.
fn applies(change: &UserChange<'_>, policy: &Policy) -> bool {
    policy.has(Safeguard::ProtectPrivileged) && !change.is_self() && !change.actor_is_superuser()
}

/// Returns whether the user is a superuser, active or not, or can grant superuser status. Unknown counts as yes.
fn is_privileged(change: &UserChange<'_>, results: &CheckResults) -> bool {
    change.graph.grants_superuser(&change.before.groups) || results.user_can_grant().unwrap_or(true)
}

/// Returns whether the actor may grant superuser status through every granting group of the user, and the user has at
/// least one.
fn may_grant_all(change: &UserChange<'_>, results: &CheckResults) -> bool {
    let mut granting = change.granting().peekable();
    granting.peek().is_some() && granting.all(|group| may_grant(group, change.graph, results))
}

/// Returns whether every caller who may change the user may change the field.
pub(in crate::decision) fn is_exempt(field: Field) -> bool {
    matches!(field, Field::Name | Field::Groups)
}

/// Checks the fields that the request tries to change.
pub(in crate::decision) fn check_protected(
    change: &UserChange<'_>,
    attempted: impl Iterator<Item = Field>,
    policy: &Policy,
    results: &CheckResults,
) -> Result<(), Denial> {
    if !applies(change, policy) {
        return Ok(());
    }
    let mut fields = attempted.filter(|field| !is_exempt(*field)).peekable();
    if fields.peek().is_none() || !is_privileged(change, results) {
        return Ok(());
    }
    let fields: Vec<Field> =
        fields.filter(|field| *field != Field::IsActive || !may_grant_all(change, results)).collect();
    if fields.is_empty() { Ok(()) } else { Err(Denial::ProtectedUser(fields)) }
}

/// Checks the deletion of the user.
pub(in crate::decision) fn check_deletion(
    change: &UserChange<'_>,
    policy: &Policy,
    results: &CheckResults,
) -> Result<(), Denial> {
    if applies(change, policy) && is_privileged(change, results) && !may_grant_all(change, results) {
        return Err(Denial::ProtectedDeletion);
    }
    Ok(())
}

/// Checks what takes the account over, such as a new password, which is `denial` for others than superusers.
pub(in crate::decision) fn check_takeover(
    change: &UserChange<'_>,
    policy: &Policy,
    results: &CheckResults,
    denial: Denial,
) -> Result<(), Denial> {
    if applies(change, policy) && is_privileged(change, results) { Err(denial) } else { Ok(()) }
}
