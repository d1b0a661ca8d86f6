//! The answers of an authorizer.

use std::borrow::Cow;

use super::Check;

/// The answer to one [`Check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Denied; the caller receives the reason, if there is one.
    Deny(Option<Cow<'static, str>>),
    /// Denied, and the caller must not learn that the object exists: 404.
    Hide,
}

impl Verdict {
    /// Denies without a reason.
    pub const fn deny() -> Self {
        Self::Deny(None)
    }

    /// Denies with a reason.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Deny(Some(reason.into()))
    }

    /// Whether the check is allowed.
    pub fn is_allow(&self) -> bool {
        *self == Self::Allow
    }
}

impl From<bool> for Verdict {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::deny() }
    }
}

/// One verdict for each check, in the order of the checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// The verdicts.
    pub verdicts: Vec<Verdict>,
    /// The answer of [`Authorizer::can_grant_superuser`](super::Authorizer::can_grant_superuser) for the user who is
    /// the resource, where the same query yields it; `None` makes the service ask.
    pub user_can_grant: Option<bool>,
}

impl Verdicts {
    /// Adds the answer of [`Authorizer::can_grant_superuser`](super::Authorizer::can_grant_superuser).
    #[must_use]
    pub fn with_user_can_grant(mut self, can_grant: bool) -> Self {
        self.user_can_grant = Some(can_grant);
        self
    }
}

impl FromIterator<Verdict> for Verdicts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        Self { verdicts: verdicts.into_iter().collect(), user_can_grant: None }
    }
}

/// Checks with their verdicts. A check without a verdict is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckResults {
    results: Vec<(Check, Verdict)>,
    user_can_grant: Option<bool>,
}

impl CheckResults {
    /// Pairs checks with verdicts.
    pub fn new(checks: impl IntoIterator<Item = Check>, verdicts: Verdicts) -> Self {
        let Verdicts { verdicts, user_can_grant } = verdicts;
        Self { results: checks.into_iter().zip(verdicts).collect(), user_can_grant }
    }

    /// The verdict on a check.
    pub fn on(&self, check: Check) -> &Verdict {
        const DENY: &Verdict = &Verdict::deny();
        self.results.iter().find(|(asked, _)| *asked == check).map_or(DENY, |(_, verdict)| verdict)
    }

    /// Whether a check is allowed.
    pub fn allows(&self, check: Check) -> bool {
        self.on(check).is_allow()
    }

    /// Whether there is a verdict on a check.
    pub fn contains(&self, check: Check) -> bool {
        self.results.iter().any(|(asked, _)| *asked == check)
    }

    /// Whether the user who is the resource can grant superuser status; `None` if the authorizer did not say.
    pub fn user_can_grant(&self) -> Option<bool> {
        self.user_can_grant
    }

    /// All checks with their verdicts, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Check, Verdict)> {
        self.results.iter()
    }

    /// Adds the results of a later call.
    pub(crate) fn extend(&mut self, more: Self) {
        self.results.extend(more.results);
        self.user_can_grant = self.user_can_grant.or(more.user_can_grant);
    }

    /// Records the answer of [`Authorizer::can_grant_superuser`](super::Authorizer::can_grant_superuser).
    pub(crate) fn set_user_can_grant(&mut self, can_grant: bool) {
        self.user_can_grant = Some(can_grant);
    }
}
