//! [`Safeguard::SelfLockout`]: losing the own access requires an explicit request.

use super::UserChange;
use crate::policy::{Policy, Safeguard};

/// Returns whether the actor would lose the own access without having requested it.
pub(in crate::decision) fn locks_out_self(change: &UserChange<'_>, allowed: bool, policy: &Policy) -> bool {
    policy.has(Safeguard::SelfLockout)
        && !allowed
        && change.is_self()
        && (change.loses_superuser() || change.deactivates())
}
