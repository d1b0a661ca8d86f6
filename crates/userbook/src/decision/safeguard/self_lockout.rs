//! [`Safeguard::SelfLockout`]: losing one's own access must be requested explicitly.

use super::UserChange;
use crate::policy::{Policy, Safeguard};

/// Whether the actor would lock themselves out without having requested it.
pub(in crate::decision) fn locks_out_self(change: &UserChange<'_>, allowed: bool, policy: &Policy) -> bool {
    policy.has(Safeguard::SelfLockout)
        && !allowed
        && change.is_self()
        && (change.loses_superuser() || change.deactivates())
}
