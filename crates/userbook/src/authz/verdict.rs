//! Verdicts of an authorizer.

use std::{borrow::Cow, collections::BTreeMap};

use super::Check;
use crate::{model::GroupId, store::Scope};

/// The result of one [`Check`].
///
/// Exhaustive: a caller must not take an unknown verdict for a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Denied; the caller gets the reason, if any.
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

    /// Returns whether the check is allowed.
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
    /// The result of [`Authorizer::can_grant_superuser`](super::Authorizer::can_grant_superuser) for the user of the
    /// resource, if the same query returns it; with `None` the service calls that method.
    pub user_can_grant: Option<bool>,
    /// The groups with allowed [`Check::ViewGroup`], if the same query returns them; with `None` the service checks
    /// each group of the response.
    pub visible_groups: Option<Scope<GroupId>>,
}

impl Verdicts {
    /// Adds the result of [`Authorizer::can_grant_superuser`](super::Authorizer::can_grant_superuser).
    #[must_use]
    pub fn with_user_can_grant(mut self, can_grant: bool) -> Self {
        self.user_can_grant = Some(can_grant);
        self
    }

    /// Adds the groups that the actor may view.
    #[must_use]
    pub fn with_visible_groups(mut self, groups: Scope<GroupId>) -> Self {
        self.visible_groups = Some(groups);
        self
    }
}

impl FromIterator<Verdict> for Verdicts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let verdicts = verdicts.into_iter();
        let mut all = Vec::with_capacity(verdicts.size_hint().0 + FURTHER_CHECKS);
        all.extend(verdicts);
        Self { verdicts: all, ..Self::default() }
    }
}

/// Room for the checks of a second call, such as those on a group that a user joins: nothing moves for them.
pub(crate) const FURTHER_CHECKS: usize = 4;

/// Checks with their verdicts. A check without a verdict is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckResults {
    checks: Vec<Check>,
    /// In the order of `checks`.
    verdicts: Vec<Verdict>,
    /// Positions in `checks`, if there are too many for a linear search.
    index: BTreeMap<Check, usize>,
    user_can_grant: Option<bool>,
    visible_groups: Option<Scope<GroupId>>,
}

/// Up to this number of results, a linear search is faster than an index.
const UNINDEXED: usize = 32;

impl CheckResults {
    /// Pairs checks with verdicts. Surplus checks or verdicts are ignored.
    pub fn new(checks: impl IntoIterator<Item = Check>, verdicts: Verdicts) -> Self {
        let Verdicts { mut verdicts, user_can_grant, visible_groups } = verdicts;
        let mut checks: Vec<Check> = checks.into_iter().collect();
        checks.truncate(verdicts.len());
        verdicts.truncate(checks.len());
        let mut this = Self { checks, verdicts, index: BTreeMap::new(), user_can_grant, visible_groups };
        this.update_index();
        this
    }

    fn update_index(&mut self) {
        if self.checks.len() > UNINDEXED {
            // In reverse, so that the first verdict on a check counts.
            let positions = self.checks.iter().enumerate().rev();
            self.index = positions.map(|(position, check)| (*check, position)).collect();
        }
    }

    fn find(&self, check: Check) -> Option<&Verdict> {
        let position = if self.index.is_empty() {
            self.checks.iter().position(|known| *known == check)
        } else {
            self.index.get(&check).copied()
        };
        self.verdicts.get(position?)
    }

    /// Returns the verdict on a check.
    pub fn on(&self, check: Check) -> &Verdict {
        const DENY: &Verdict = &Verdict::deny();
        self.find(check).unwrap_or(DENY)
    }

    /// Returns whether a check is allowed.
    pub fn allows(&self, check: Check) -> bool {
        self.on(check).is_allow()
    }

    /// Returns whether a check has a verdict.
    pub fn contains(&self, check: Check) -> bool {
        self.find(check).is_some()
    }

    /// Returns whether the user of the resource can grant superuser status; `None` if unknown.
    pub fn user_can_grant(&self) -> Option<bool> {
        self.user_can_grant
    }

    /// Returns whether the actor may view the group, by [`Verdicts::visible_groups`] or by the verdict on
    /// [`Check::ViewGroup`].
    pub fn may_view_group(&self, group: GroupId) -> bool {
        match &self.visible_groups {
            Some(visible) => visible.contains(&group),
            None => self.allows(Check::ViewGroup(group)),
        }
    }

    /// Returns the groups that the actor may view; `None` if unknown.
    pub fn visible_groups(&self) -> Option<&Scope<GroupId>> {
        self.visible_groups.as_ref()
    }

    /// Returns all checks with their verdicts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Check, &Verdict)> {
        self.checks.iter().copied().zip(&self.verdicts)
    }

    /// Adds the results of a later call.
    pub(crate) fn extend(&mut self, more: Self) {
        self.checks.extend(more.checks);
        self.verdicts.extend(more.verdicts);
        self.update_index();
        self.user_can_grant = self.user_can_grant.or(more.user_can_grant);
        self.visible_groups = self.visible_groups.take().or(more.visible_groups);
    }

    /// Records the result of [`Authorizer::can_grant_superuser`](super::Authorizer::can_grant_superuser).
    pub(crate) fn set_user_can_grant(&mut self, can_grant: bool) {
        self.user_can_grant = Some(can_grant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_first_verdict_on_a_check_counts_however_many_there_are() {
        let check = |n: u128| Check::Join(GroupId(Uuid::from_u128(n)));
        for count in [3, 32, 33, 100] {
            let verdicts = (0..count).map(|n| Verdict::from(n % 2 == 0)).collect();
            let mut results = CheckResults::new((0..count).map(check), verdicts);
            let again = [Verdict::deny(), Verdict::Allow].into_iter().collect();
            results.extend(CheckResults::new([check(0), check(count)], again));
            for n in 0..count {
                assert_eq!(results.allows(check(n)), n % 2 == 0, "{n} of {count}");
            }
            assert!(results.allows(check(count)) && results.contains(check(count)));
            assert!(!results.contains(check(count + 1)) && !results.allows(check(count + 1)));
            assert_eq!(results.iter().count() as u128, count + 2);
        }
    }
}
