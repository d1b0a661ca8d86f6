//! [`Safeguard::LastSuperuser`]: at least one account that can act remains a superuser.

use crate::{
    model::{ANONYMOUS_USERNAME, GroupGraph, User, UserType},
    policy::{Policy, Safeguard},
    store::Superusers,
};

/// How a user counts as a superuser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::decision) enum Standing {
    /// Not a superuser, or an account that cannot act: inactive, internal, or the anonymous user.
    None,
    /// An active service account that is a superuser.
    ServiceAccount,
    /// An active person who is a superuser.
    Person,
}

impl Standing {
    pub(in crate::decision) fn of(user: &User, graph: &GroupGraph) -> Self {
        Self::of_parts(&user.username, user.is_active, user.user_type, graph.grants_superuser(&user.groups))
    }

    pub(in crate::decision) fn of_parts(
        username: &str,
        is_active: bool,
        user_type: UserType,
        is_superuser: bool,
    ) -> Self {
        if !is_superuser || !is_active || username == ANONYMOUS_USERNAME {
            return Self::None;
        }
        match user_type {
            UserType::Internal | UserType::External => Self::Person,
            UserType::ServiceAccount => Self::ServiceAccount,
            UserType::InternalServiceAccount => Self::None,
        }
    }

    /// Returns the value as a set of superusers.
    pub(in crate::decision) fn as_superusers(self) -> Superusers {
        Superusers { person: self == Self::Person, service_account: self == Self::ServiceAccount }
    }
}

/// Returns whether a change removes the last counted superuser. If no person was a superuser before, service accounts
/// count.
pub(in crate::decision) fn removes_last_superuser(
    before: Superusers,
    after: Superusers,
    policy: &Policy,
) -> bool {
    if !policy.has(Safeguard::LastSuperuser) {
        return false;
    }
    let services_count = policy.counts_service_accounts() || !before.person;
    let counts = |it: Superusers| it.person || (services_count && it.service_account);
    counts(before) && !counts(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Superusers = Superusers { person: false, service_account: false };
    const PERSON: Superusers = Superusers { person: true, service_account: false };
    const SERVICE: Superusers = Superusers { person: false, service_account: true };
    const BOTH: Superusers = Superusers { person: true, service_account: true };

    #[test]
    fn persons_count_and_service_accounts_only_without_persons() {
        let policy = Policy::hardened();
        let counting = Policy::hardened().counting_service_accounts();
        for (before, after, removes, removes_counting) in [
            (PERSON, NONE, true, true),
            (PERSON, SERVICE, true, false),
            (BOTH, SERVICE, true, false),
            (BOTH, PERSON, false, false),
            (PERSON, BOTH, false, false),
            (SERVICE, NONE, true, true),
            (SERVICE, PERSON, false, false),
            (NONE, NONE, false, false),
            (NONE, SERVICE, false, false),
        ] {
            assert_eq!(removes_last_superuser(before, after, &policy), removes, "{before:?} {after:?}");
            assert_eq!(
                removes_last_superuser(before, after, &counting),
                removes_counting,
                "{before:?} {after:?}"
            );
            assert!(!removes_last_superuser(before, after, &Policy::authentik_2025_2()));
        }
    }
}
