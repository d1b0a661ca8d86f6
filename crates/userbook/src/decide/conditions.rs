//! What a request demands of the stored user before it is changed (RFC 9110 §13).

use std::{fmt, sync::Arc};

use crate::{Revision, Snapshot, UserView};

/// What a request demands of the stored user before it is changed.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// The row must be in one of these states; `Some` of an empty list never holds.
    pub revisions: Option<Vec<Revision>>,
    /// The user must not look like this.
    pub unless: Option<IfNoneMatch>,
}

/// A predicate on the user as it is shown.
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
    /// Nothing is demanded.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the stored user is as demanded.
    pub fn hold(&self, snapshot: &Snapshot) -> bool {
        let revision = snapshot.user.revision;
        self.revisions.as_ref().is_none_or(|revisions| revisions.contains(&revision))
            && self.unless.as_ref().is_none_or(|IfNoneMatch(looks_like)| {
                !looks_like(&UserView::new(snapshot.user.clone(), &snapshot.groups))
            })
    }
}
