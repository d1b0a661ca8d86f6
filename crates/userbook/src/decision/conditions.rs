//! Preconditions of a request (RFC 9110 §13).

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::{
    model::{Group, GroupGraph, Revision, User, UserId},
    view::{UserView, Visibility},
};

/// Preconditions on the stored user (RFC 9110 §13).
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// The row must have one of these revisions; `Some` of an empty list never holds (`If-Match`).
    pub revisions: Option<Vec<Revision>>,
    /// The user must not match this predicate (`If-None-Match`).
    pub unless: Option<IfNoneMatch>,
}

/// A predicate on the user as the caller sees it.
#[derive(Clone)]
pub struct IfNoneMatch(Arc<dyn Fn(&UserView) -> bool + Send + Sync>);

impl IfNoneMatch {
    /// Wraps a predicate.
    pub fn new(predicate: impl Fn(&UserView) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(predicate))
    }
}

impl fmt::Debug for IfNoneMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IfNoneMatch(..)")
    }
}

impl Conditions {
    /// No precondition.
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns whether the stored user meets the preconditions.
    pub(crate) fn hold(&self, user: &User, graph: &GroupGraph, visible: Visibility<'_>) -> bool {
        self.revisions.as_ref().is_none_or(|revisions| revisions.contains(&user.revision))
            && self
                .unless
                .as_ref()
                .is_none_or(|IfNoneMatch(matches)| !matches(&UserView::new(user.clone(), graph, visible)))
    }
}

/// A precondition on a stored group and its members, which have no revision: a predicate on their values.
#[derive(Clone)]
pub struct GroupCondition(Arc<GroupPredicate>);

type GroupPredicate = dyn Fn(&Group, Option<&BTreeSet<UserId>>) -> bool + Send + Sync;

impl GroupCondition {
    /// Wraps a predicate on the group and its members, as far as the caller may view them. The members are `None` where
    /// the write does not depend on them.
    pub fn new(
        predicate: impl Fn(&Group, Option<&BTreeSet<UserId>>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(predicate))
    }

    /// Returns whether the group meets the precondition.
    pub fn holds(&self, group: &Group, members: Option<&BTreeSet<UserId>>) -> bool {
        let Self(predicate) = self;
        predicate(group, members)
    }
}

impl fmt::Debug for GroupCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupCondition(..)")
    }
}
