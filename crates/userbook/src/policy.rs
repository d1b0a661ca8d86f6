//! Rules beyond the recorded contract.

use std::{collections::BTreeSet, fmt};

use crate::limits::Limits;

/// A rule beyond the recorded contract that closes a known vulnerability. Each safeguard can be switched off
/// separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Safeguard {
    /// Gaining superuser status through any field requires the right to grant it (CVE-2026-40172,
    /// GHSA-h6c5-mpvq-j4jc).
    Escalation,
    /// A caller who is not a superuser needs the right to grant superuser status through a group to remove a user from
    /// that group, by any operation, and to deactivate or delete one of its members.
    Demotion,
    /// Only superusers may change another superuser, active or not, or another holder of a right to grant superuser
    /// status. Display name and memberships are exempt. Callers with the right to grant through every granting group
    /// of the user may change `is_active` and delete the user, if the user has a granting group.
    ProtectPrivileged,
    /// At least one account that can act remains a superuser: active, a person (`internal` or `external`), not
    /// [`ANONYMOUS_USERNAME`](crate::model::ANONYMOUS_USERNAME). If no person is a superuser, the last active service
    /// account is protected. See [`Policy::counting_service_accounts`].
    LastSuperuser,
    /// A group cannot become its own ancestor.
    NoGroupCycles,
    /// Deleting a group requires the right to view and change each of its child groups, because they lose their parent.
    ChildGroups,
    /// Deactivating or deleting oneself, or giving up the own superuser status, requires an explicit request.
    SelfLockout,
    /// No user becomes an internal service account (authentik #23848).
    InternalServiceAccount,
    /// A new e-mail address satisfies RFC 5321 and RFC 5322 in addition to Django's rule.
    RfcEmail,
    /// A new username or path contains no control, format, bidirectional or other invisible character; a new display
    /// name or group name contains no control character (Unicode general categories Cc and Cf, and
    /// `Default_Ignorable_Code_Point`). A new group name contains a visible character.
    PlainNames,
    /// A new username is distinct from the usernames and e-mail addresses of all other users even after
    /// `NFKC_Casefold`: neither another case of a name nor another user's address can be taken. It contains a visible
    /// character.
    DistinctLogins,
    /// A group that the caller may not view counts as missing: it cannot be joined, and no response contains its name
    /// or attributes.
    HideGroups,
    /// A group shows only members that the caller may view, and a list of groups is filtered only by such users. A
    /// group write neither adds nor removes other users.
    HideMembers,
    /// Filters by superuser status include ancestors of a user's groups. The recorded release considers direct groups
    /// only and misses inherited superusers.
    InheritedSuperuserFilter,
}

impl Safeguard {
    /// All safeguards.
    pub const ALL: &'static [Self] = &[
        Self::Escalation,
        Self::Demotion,
        Self::ProtectPrivileged,
        Self::LastSuperuser,
        Self::NoGroupCycles,
        Self::ChildGroups,
        Self::SelfLockout,
        Self::InternalServiceAccount,
        Self::RfcEmail,
        Self::PlainNames,
        Self::DistinctLogins,
        Self::HideGroups,
        Self::HideMembers,
        Self::InheritedSuperuserFilter,
    ];
}

/// One bit per safeguard, because every decision checks several.
#[derive(Clone, Copy, PartialEq, Eq)]
struct SafeguardSet(u32);

impl SafeguardSet {
    fn with(self, safeguard: Safeguard) -> Self {
        Self(self.0 | 1 << safeguard as u32)
    }

    fn without(self, safeguard: Safeguard) -> Self {
        Self(self.0 & !(1 << safeguard as u32))
    }

    fn contains(self, safeguard: Safeguard) -> bool {
        self.0 & 1 << safeguard as u32 != 0
    }
}

impl fmt::Debug for SafeguardSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Safeguard::ALL.iter().filter(|safeguard| self.contains(**safeguard))).finish()
    }
}

/// Which changed names of a user must be distinct from those of all other users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DistinctNames {
    /// The username.
    pub username: bool,
    /// The e-mail address.
    pub email: bool,
}

/// The safeguards and limits in force.
///
/// ```
/// use userbook::{Policy, Safeguard};
///
/// let policy = Policy::hardened().without(Safeguard::SelfLockout);
/// assert!(policy.has(Safeguard::Escalation) && !policy.has(Safeguard::SelfLockout));
/// assert!(!Policy::authentik_2025_2().has(Safeguard::Escalation));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    safeguards: SafeguardSet,
    secret_attributes: BTreeSet<Vec<String>>,
    limits: Limits,
    count_service_accounts: bool,
    unique_email: bool,
    required_email: bool,
}

impl Policy {
    /// Every safeguard. The default.
    pub fn hardened() -> Self {
        Self {
            safeguards: Safeguard::ALL.iter().fold(SafeguardSet(0), |set, one| set.with(*one)),
            secret_attributes: BTreeSet::new(),
            limits: Limits::default(),
            count_service_accounts: false,
            unique_email: false,
            required_email: false,
        }
    }

    /// Only the behaviour of the recorded release.
    pub fn authentik_2025_2() -> Self {
        Self {
            safeguards: SafeguardSet(0),
            secret_attributes: BTreeSet::new(),
            limits: Limits::authentik_2025_2(),
            count_service_accounts: false,
            unique_email: false,
            required_email: false,
        }
    }

    /// Adds a safeguard.
    #[must_use]
    pub fn with(mut self, safeguard: Safeguard) -> Self {
        self.safeguards = self.safeguards.with(safeguard);
        self
    }

    /// Removes a safeguard.
    #[must_use]
    pub fn without(mut self, safeguard: Safeguard) -> Self {
        self.safeguards = self.safeguards.without(safeguard);
        self
    }

    /// Marks the attribute at this path, with everything below it, as secret: events contain the fact of a change
    /// without values.
    #[must_use]
    pub fn with_secret_attribute(mut self, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secret_attributes.insert(path.into_iter().map(Into::into).collect());
        self
    }

    /// Uses other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Counts an active service account as the last superuser even while persons are superusers.
    #[must_use]
    pub fn counting_service_accounts(mut self) -> Self {
        self.count_service_accounts = true;
        self
    }

    /// Requires that a new e-mail address is distinct from the usernames and e-mail addresses of all other users after
    /// `NFKC_Casefold`. An empty address is not an address.
    #[must_use]
    pub fn with_unique_email(mut self) -> Self {
        self.unique_email = true;
        self
    }

    /// Requires an e-mail address of each new user, and rejects an update that takes the address away. Service accounts
    /// need none. A stored user without an address can be changed in other fields.
    #[must_use]
    pub fn with_required_email(mut self) -> Self {
        self.required_email = true;
        self
    }

    /// Returns whether persons need an e-mail address; see [`Policy::with_required_email`].
    pub fn requires_email(&self) -> bool {
        self.required_email
    }

    /// Returns which new names must be distinct from those of other users.
    pub fn distinct_names(&self) -> DistinctNames {
        DistinctNames { username: self.has(Safeguard::DistinctLogins), email: self.unique_email }
    }

    /// Returns the limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns whether service accounts count; see [`Policy::counting_service_accounts`].
    pub fn counts_service_accounts(&self) -> bool {
        self.count_service_accounts
    }

    /// Returns whether a safeguard is on.
    pub fn has(&self, safeguard: Safeguard) -> bool {
        self.safeguards.contains(safeguard)
    }

    pub(crate) fn secret_attributes(&self) -> impl Iterator<Item = &[String]> {
        self.secret_attributes.iter().map(Vec::as_slice)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::hardened()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_safeguard_is_switched_by_itself() {
        for safeguard in Safeguard::ALL {
            let alone = Policy::authentik_2025_2().with(*safeguard);
            let others = Policy::hardened().without(*safeguard);
            for other in Safeguard::ALL {
                assert_eq!(alone.has(*other), other == safeguard);
                assert_eq!(others.has(*other), other != safeguard);
            }
            assert!(format!("{alone:?}").contains(&format!("{{{safeguard:?}}}")));
        }
    }
}
