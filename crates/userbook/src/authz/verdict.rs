//! What an authorizer says.

use std::borrow::Cow;

use super::Check;

/// The answer to one [`Check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// No; the reason, if there is one, is told to the caller.
    Deny(Option<Cow<'static, str>>),
    /// No, and the caller may not even know that the user exists: 404.
    Hide,
}

impl Verdict {
    /// No, for no reason that would be told.
    pub const fn deny() -> Self {
        Self::Deny(None)
    }

    /// No, because of this.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Deny(Some(reason.into()))
    }

    /// Whether it is yes.
    pub fn is_allow(&self) -> bool {
        *self == Self::Allow
    }
}

impl From<bool> for Verdict {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::deny() }
    }
}

/// A verdict for each check, in the order of the checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts(pub Vec<Verdict>);

impl FromIterator<Verdict> for Verdicts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        Self(verdicts.into_iter().collect())
    }
}

/// Checks with their verdicts. What was not asked, or not answered, is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruling(Vec<(Check, Verdict)>);

impl Ruling {
    /// Pairs checks with verdicts.
    pub fn new(checks: impl IntoIterator<Item = Check>, verdicts: Verdicts) -> Self {
        Self(checks.into_iter().zip(verdicts.0).collect())
    }

    /// The verdict on a check.
    pub fn on(&self, check: Check) -> &Verdict {
        const DENY: &Verdict = &Verdict::deny();
        self.0.iter().find(|(asked, _)| *asked == check).map_or(DENY, |(_, verdict)| verdict)
    }

    /// Whether a check was allowed.
    pub fn allows(&self, check: Check) -> bool {
        self.on(check).is_allow()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Check, Verdict)> {
        self.0.iter()
    }
}
