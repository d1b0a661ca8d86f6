//! Which rules hold beyond the recorded contract.

use std::collections::BTreeSet;

/// A rule beyond the recorded contract that closes a known hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Safeguard {
    /// Gaining power, by whatever field, needs the right to grant it (CVE-2026-40172, GHSA-h6c5-mpvq-j4jc).
    Escalation,
    /// Only a superuser changes `username`, `email`, `is_active` or `attributes` of a superuser: an e-mail is
    /// enough to take an account over.
    ProtectSuperusers,
    /// Nobody becomes an internal service account (authentik #23848).
    InternalServiceAccount,
    /// The last active superuser keeps that power.
    LastSuperuser,
    /// Deactivating oneself or giving up one's own superuser status must be asked for explicitly.
    SelfLockout,
    /// A new e-mail address must satisfy RFC 5321 and RFC 5322 in addition to Django's rule.
    RfcEmail,
}

impl Safeguard {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Escalation,
        Self::ProtectSuperusers,
        Self::InternalServiceAccount,
        Self::LastSuperuser,
        Self::SelfLockout,
        Self::RfcEmail,
    ];
}

/// Something the wire understands beyond the recorded release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extension {
    /// `application/merge-patch+json` on PATCH (RFC 7396).
    MergePatch,
    /// `application/json-patch+json` on PATCH (RFC 6902).
    JsonPatch,
    /// `application/problem+json` for errors (RFC 9457).
    ProblemDetails,
    /// `ETag`, `If-Match`, `If-None-Match` (RFC 9110 §13).
    EntityTags,
    /// `?dry_run=true`.
    DryRun,
}

impl Extension {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::MergePatch, Self::JsonPatch, Self::ProblemDetails, Self::EntityTags, Self::DryRun];
}

/// Which rules hold beyond the recorded contract, and what is understood beyond it.
///
/// ```
/// use userbook::{Extension, Policy, Safeguard};
///
/// let policy = Policy::hardened().without(Safeguard::SelfLockout).without_extension(Extension::DryRun);
/// assert!(policy.has(Safeguard::Escalation) && !policy.has(Safeguard::SelfLockout));
/// assert!(!Policy::authentik_2025_2().has(Safeguard::Escalation));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    safeguards: BTreeSet<Safeguard>,
    extensions: BTreeSet<Extension>,
    secret_attributes: BTreeSet<Vec<String>>,
}

impl Policy {
    /// Every safeguard and every extension. The default.
    pub fn hardened() -> Self {
        Self {
            safeguards: Safeguard::ALL.into(),
            extensions: Extension::ALL.into(),
            secret_attributes: BTreeSet::new(),
        }
    }

    /// The recorded release and nothing else.
    pub fn authentik_2025_2() -> Self {
        Self { safeguards: BTreeSet::new(), extensions: BTreeSet::new(), secret_attributes: BTreeSet::new() }
    }

    /// Adds a safeguard.
    #[must_use]
    pub fn with(mut self, safeguard: Safeguard) -> Self {
        self.safeguards.insert(safeguard);
        self
    }

    /// Drops a safeguard.
    #[must_use]
    pub fn without(mut self, safeguard: Safeguard) -> Self {
        self.safeguards.remove(&safeguard);
        self
    }

    /// Adds an extension.
    #[must_use]
    pub fn with_extension(mut self, extension: Extension) -> Self {
        self.extensions.insert(extension);
        self
    }

    /// Drops an extension.
    #[must_use]
    pub fn without_extension(mut self, extension: Extension) -> Self {
        self.extensions.remove(&extension);
        self
    }

    /// Marks the attribute at this path, and all below it, as secret: events show that it changed, not how.
    #[must_use]
    pub fn with_secret_attribute(mut self, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secret_attributes.insert(path.into_iter().map(Into::into).collect());
        self
    }

    /// Whether a safeguard holds.
    pub fn has(&self, safeguard: Safeguard) -> bool {
        self.safeguards.contains(&safeguard)
    }

    /// Whether an extension is understood.
    pub fn understands(&self, extension: Extension) -> bool {
        self.extensions.contains(&extension)
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
