//! Which users can act.

use userbook::{User, UserType, model::ANONYMOUS_USERNAME};

/// Whether and as which kind a user can act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanAct {
    /// Inactive, an internal service account, or `AnonymousUser`.
    No,
    /// A service account.
    ServiceAccount,
    /// An internal or external user.
    Person,
}

impl CanAct {
    pub(crate) fn of(user: &User) -> Self {
        if !user.is_active || user.username == ANONYMOUS_USERNAME {
            return Self::No;
        }
        match user.user_type {
            UserType::Internal | UserType::External => Self::Person,
            UserType::ServiceAccount => Self::ServiceAccount,
            UserType::InternalServiceAccount => Self::No,
        }
    }
}
